package sdk_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/explain/sdk"
)

// TestRandom compares the simulation with the real SDKs in worlds that nobody
// thought of.
func TestRandom(t *testing.T) {
	t.Parallel()
	rounds, each := uint64(1), 400
	if os.Getenv("LATCHKEY_TEST_LONG") != "" {
		rounds = 15
	}
	for seed := range rounds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			g := generator{rand.New(rand.NewPCG(seed, 20))}
			var list []world
			for i := range each {
				list = append(list, g.world(fmt.Sprintf("%d/%d", seed, i)))
			}
			s := newStage(t, list)
			s.cacheAll(t, sdk.Go, sdk.Boto3, sdk.CLIv2)
			s.compare(t, sdk.Go, s.run(t, golang(t), false))
			s.compare(t, sdk.Boto3, s.run(t, python(t), false))
			if seed%3 == 1 {
				s.compare(t, sdk.CLIv2, s.run(t, python(t), true))
			}
		})
	}
}

// generator makes small configurations out of what SDKs read differently.
type generator struct{ *rand.Rand }

func (g generator) one(list ...string) string { return list[g.IntN(len(list))] }

// maybe is true so many times of a hundred.
func (g generator) maybe(percent int) bool { return g.IntN(100) < percent }

func (g generator) name() string { return g.one("default", "a", "a", "b", "b", "c") }

func (g generator) world(name string) world {
	w := world{name: name, config: g.file(true), credentials: g.file(false)}
	if g.maybe(60) {
		w = named(w, g.one(g.name(), g.name(), g.name(), g.name(), g.name(), g.name(), g.name(), "DEFAULT", "x"))
	}
	var env []string
	for _, v := range []struct {
		percent int
		pair    string
	}{
		{20, "AWS_PROFILE=" + g.name()}, {10, "AWS_DEFAULT_PROFILE=" + g.name()}, {3, "AWS_PROFILE="},
		{12, "AWS_ACCESS_KEY_ID=AKIAENV"}, {12, "AWS_SECRET_ACCESS_KEY=s"}, {3, "AWS_SECRET_KEY=s"}, {5, "AWS_SESSION_TOKEN=t"},
		{40, "AWS_REGION=us-east-2"}, {60, "AWS_DEFAULT_REGION=us-west-1"}, {2, "AWS_REGION="},
		{8, "AWS_WEB_IDENTITY_TOKEN_FILE=@HOME/token"}, {2, "AWS_WEB_IDENTITY_TOKEN_FILE="}, {8, "AWS_ROLE_ARN=arn:aws:iam::111122223333:role/ENV"}, {4, "AWS_ROLE_SESSION_NAME=pod"},
		{8, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/creds"}, {8, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://" + g.one("127.0.0.1", "10.0.0.1", "169.254.170.23") + "/x"},
		{15, "AWS_EC2_METADATA_DISABLED=" + g.one("true", "TRUE", "false", "1")}, {2, "AWS_RETRY_MODE=" + g.one("legacy", "standard")},
	} {
		if g.maybe(v.percent) {
			env = append(env, v.pair)
		}
	}
	seen := map[string]bool{}
	for _, pair := range env {
		variable, _, _ := strings.Cut(pair, "=")
		if !seen[variable] {
			w.env += pair + "\n"
		}
		seen[variable] = true
	}
	return w
}

func (g generator) file(config bool) string {
	var b strings.Builder
	if g.maybe(2) {
		b.WriteString("\ufeff")
	}
	if g.maybe(10) {
		b.WriteString(g.one("# comment\n", "; comment\n", "\n", "region = x\n", "  # indented\n"))
	}
	names := []string{"default", "a", "b", "c"}
	g.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		if config && g.maybe(93) || !config && g.maybe(25) {
			b.WriteString(g.header(name, config))
			g.section(&b)
		}
	}
	if config && g.maybe(60) {
		b.WriteString(g.one("[sso-session corp]\n", "[sso-session corp]\n", "[sso-session \"corp\"]\n", "[sso-session  corp] # x\n", "[sso_session corp]\n"))
		g.lines(&b, []property{{90, "sso_start_url", []string{"https://corp.awsapps.com/start"}}, {90, "sso_region", []string{"eu-west-1", "us-east-1"}}, {5, "region", []string{"x"}}})
	}
	if g.maybe(4) {
		b.WriteString("[DEFAULT]\n")
		g.section(&b)
	}
	text := b.String()
	if g.maybe(4) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

func (g generator) header(name string, config bool) string {
	plain := "[" + name + "]"
	if config && name != "default" || config && g.maybe(10) {
		plain = "[profile " + name + "]"
	}
	if g.maybe(96) {
		return plain + "\n"
	}
	inner := plain[1 : len(plain)-1]
	return g.one("["+name+"]", "[profile "+name+"]", "[profile \""+name+"\"]", "[ "+inner+" ]", "["+inner+" ]", plain+" # note", plain+";note", plain+" x", "["+inner, " "+plain,
		"[profile\t"+name+"]", "[profile  "+name+"]", "[Profile "+name+"]", "[profiles "+name+"]", "[profile '"+name+"'] # a]") + "\n"
}

type property struct {
	percent int
	key     string
	values  []string
}

// section is of one kind of source or more, mostly whole.
func (g generator) section(b *strings.Builder) {
	id := fmt.Sprintf("AKIA%d", g.IntN(10000))
	role := property{97, "role_arn", []string{"arn:aws:iam::111122223333:role/" + id}}
	source := property{95, "source_profile", []string{"a", "b", "c", "default", "x"}}
	pair := []property{{97, "aws_access_key_id", []string{id}}, {97, "aws_secret_access_key", []string{"s"}}, {10, "aws_session_token", []string{"t"}}}
	ids := []property{{95, "sso_account_id", []string{"111122223333"}}, {95, "sso_role_name", []string{"R"}}}
	place := []property{{90, "sso_start_url", []string{"https://corp.awsapps.com/start", "https://a.awsapps.com/start"}}, {90, "sso_region", []string{"eu-west-1", "us-east-1"}}}
	shapes := [][]property{
		pair, pair, pair, {role, source}, {role, source}, {role, source}, append(pair[:2:2], role, source), append(pair[:2:2], role),
		{role, {95, "credential_source", []string{"Environment", "EcsContainer", "Ec2InstanceMetadata", "environment"}}},
		{role, {97, "web_identity_token_file", []string{"@HOME/token"}}},
		{{100, "credential_process", []string{"@CREDS x", "@CREDS 'x y' z", "\"@CREDS\" \"a b\"", "@CREDS 'a", "@CREDS ${AWS_REGION}"}}},
		append(ids[:2:2], place...), append(ids[:2:2], property{97, "sso_session", []string{"corp"}}), append(ids[:2:2], append(place, property{97, "sso_session", []string{"corp"}})...),
		{{60, "sso_session", []string{"corp"}}}, {{100, "login_session", []string{"arn:aws:iam::111122223333:user/me"}}}, {},
	}
	list := shapes[g.IntN(len(shapes))]
	for g.maybe(20) {
		list = append(list[:len(list):len(list)], shapes[g.IntN(len(shapes))]...)
	}
	list = append(list[:len(list):len(list)], []property{
		{50, "region", []string{"eu-west-1", "eu-west-2"}}, {4, "mfa_serial", []string{"arn:aws:iam::111122223333:mfa/me"}},
		{8, "duration_seconds", []string{"900", "930", "3600", "x", "60"}}, {6, "external_id", []string{"ext"}}, {6, "role_session_name", []string{"me"}},
		{1, "retry_mode", []string{"legacy", "standard"}}, {2, "aws_security_token", []string{"u"}}, {2, "aws_access_key_id", []string{"AKIAHALF"}},
	}...)
	g.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	seen := map[string]bool{}
	list = slices.DeleteFunc(list, func(p property) bool {
		twice := seen[p.key]
		seen[p.key] = true
		return twice
	})
	g.lines(b, list)
}

func (g generator) lines(b *strings.Builder, list []property) {
	for _, p := range list {
		if !g.maybe(p.percent) {
			continue
		}
		b.WriteString(g.line(p.key, g.one(p.values...)))
		switch {
		case g.maybe(1):
			b.WriteString(g.line(p.key, g.one(p.values...)))
		case g.maybe(1):
			b.WriteString(g.one("nonsense\n", "= v\n", "  -x\n", "  a = b\n", "s3 =\n  a = b\n", "s3 =\n  nonsense\n", "key = \"\n", "\t\n", "   # c\n"))
		case g.maybe(5):
			b.WriteString(g.one("# comment\n", "\n", ";x\n"))
		}
	}
}

func (g generator) line(key, text string) string {
	if g.maybe(97) {
		return key + " = " + text + "\n"
	}
	return g.one(key+"="+text, key+": "+text, key+" = "+text+" # note", key+" = "+text+"\t; note", key+" = \""+text+"\"", key+" = '"+text+"'", key+" =", strings.ToUpper(key)+" = "+text,
		key+" = "+text+"#x", " "+key+" = "+text, key+"\t=\t"+text+"  ", key+" = "+text+"\n  more") + "\n"
}
