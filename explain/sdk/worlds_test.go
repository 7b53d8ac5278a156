package sdk_test

// Key pairs and roles of the worlds. Each place has keys of its own, so that the
// access key ID says where it was found.
const (
	pairA    = "aws_access_key_id = AKIAA\naws_secret_access_key = s\n"
	pairB    = "aws_access_key_id = AKIAB\naws_secret_access_key = s\n"
	pairC    = "aws_access_key_id = AKIAC\naws_secret_access_key = s\n"
	envPair  = "AWS_ACCESS_KEY_ID=AKIAENV\nAWS_SECRET_ACCESS_KEY=s\n"
	roleA    = "role_arn = arn:aws:iam::111122223333:role/A\n"
	roleB    = "role_arn = arn:aws:iam::111122223333:role/B\n"
	token    = "web_identity_token_file = @HOME/token\n"
	command  = "credential_process = @CREDS a 'b c'\n"
	sso      = "sso_start_url = https://a.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = Admin\n"
	ssoIDs   = "sso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Admin\n"
	corp     = "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
	signedIn = "login_session = arn:aws:iam::111122223333:user/me\n"
	region   = "region = eu-west-1\n"
	inRegion = "AWS_DEFAULT_REGION=us-west-2\nAWS_REGION=us-west-2\n"
)

func named(w world, profile string) world {
	w.profile, w.named = profile, true
	return w
}

// worlds are the configurations that SDKs read differently, and those that they
// should not.
func worlds() []world {
	list := append(parserWorlds(), profileWorlds()...)
	list = append(list, environmentWorlds()...)
	list = append(list, signInWorlds()...)
	return append(list, settingWorlds()...)
}

// parserWorlds are about reading the files; the profile is named dev.
func parserWorlds() []world {
	var list []world
	config := func(name, text string) { list = append(list, named(world{name: name, config: text}, "dev")) }
	credentials := func(name, text string) { list = append(list, named(world{name: name, credentials: text}, "dev")) }
	config("plain", "[profile dev]\n"+pairA+region)
	config("colon", "[profile dev]\naws_access_key_id: AKIAA\naws_secret_access_key: s\nregion: eu-west-1\n")
	config("equals and colon", "[profile dev]\naws_access_key_id = AKIA:A=b\naws_secret_access_key : s=t\n")
	config("comment after the region", "[profile dev]\n"+pairA+"region = eu-west-1 # note\n")
	config("comment after the key", "[profile dev]\naws_access_key_id = AKIAA # note\naws_secret_access_key = s ; x\n"+region)
	config("adjacent hash", "[profile dev]\naws_access_key_id = AKIAA#b;c\naws_secret_access_key = s\n")
	config("tab and hash", "[profile dev]\naws_access_key_id = AKIAA\t#b\naws_secret_access_key = s\n")
	config("comment after the header", "[profile dev] # note\n"+pairA)
	config("comment on the header", "[profile dev]; x\n"+pairA)
	config("bracket in the comment", "[profile dev] # see [x]\n"+pairA)
	config("text after the header", "[profile dev] x\n"+pairA)
	config("no bracket", "[profile dev\n"+pairA)
	config("two sections", "[profile dev]\n"+region+"[profile dev]\n"+pairA)
	config("two keys", "[profile dev]\n"+pairA+pairB)
	config("two keys in other case", "[profile dev]\n"+pairA+"AWS_ACCESS_KEY_ID = AKIAB\n")
	config("line before sections", "region = eu-west-1\n[profile dev]\n"+pairA)
	config("comment before sections", "# x\n; y\n\n[profile dev]\n"+pairA)
	config("line without delimiter", "[profile dev]\n"+pairA+"nonsense\n")
	config("value without key", "[profile dev]\n"+pairA+"= v\n")
	config("byte order mark", "\ufeff[profile dev]\n"+pairA)
	config("byte order mark on a line of its own", "\ufeff\n[profile dev]\n"+pairA)
	config("latin-1", "[profile dev]\n# caf\xe9\n"+pairA)
	config("latin-1 in the value", "[profile dev]\naws_access_key_id = AKIA\xe9\naws_secret_access_key = s\n")
	config("utf-16", "\xff\xfe[\x00d\x00e\x00v\x00]\x00\n\x00")
	config("quotes around values", "[profile dev]\naws_access_key_id = \"AKIAA\"\naws_secret_access_key = 's'\n")
	config("quotes around the region", "[profile dev]\n"+pairA+"region = \"eu-west-1\"\n")
	config("lone quote", "[profile dev]\n"+pairA+"x = \"\n")
	config("mixed quotes", "[profile dev]\naws_access_key_id = \"AKIAA'\naws_secret_access_key = s\n")
	config("quoted name", "[profile \"dev\"]\n"+pairA)
	config("single quoted name", "[profile 'dev']\n"+pairA)
	config("two blanks", "[profile   dev]\n"+pairA)
	config("tab", "[profile\tdev]\n"+pairA)
	config("blanks in the brackets", "[ profile dev ]\n"+pairA)
	config("blank at the end", "[profile dev ]\n"+pairA)
	config("upper case word", "[Profile dev]\n"+pairA)
	config("no blank", "[profiledev]\n"+pairA)
	config("another word that begins so", "[profiles dev]\n"+pairA)
	config("no word", "[dev]\n"+pairA)
	config("profile called profile", "[profile profile dev]\n"+pairA)
	config("indented key", "[profile dev]\n"+region+"  aws_access_key_id = AKIAA\n  aws_secret_access_key = s\n")
	config("all indented", "[profile dev]\n  aws_access_key_id = AKIAA\n  aws_secret_access_key = s\n")
	config("indented header", "  [profile dev]\n"+pairA)
	config("indented header after keys", "[default]\n"+region+"  [profile dev]\n"+pairA)
	config("block", "[profile dev]\ns3 =\n  addressing_style = path\n"+pairA)
	config("bad block", "[profile dev]\ns3 =\n  nonsense\n"+pairA)
	config("block with colon", "[profile dev]\ns3 =\n  a: b\n"+pairA)
	config("continued value", "[profile dev]\naws_access_key_id = AKIA\n  A\naws_secret_access_key = s\n")
	config("continued by a blank line", "[profile dev]\naws_access_key_id = AKIAA\n\n  more\naws_secret_access_key = s\n")
	config("comment within a value", "[profile dev]\naws_access_key_id = AKIAA\n  # more\naws_secret_access_key = s\n")
	config("continuation without key", "[profile dev]\n  -x\n"+pairA)
	config("windows lines", "[profile dev]\r\naws_access_key_id = AKIAA\r\naws_secret_access_key = s\r\nregion = eu-west-1\r\n")
	config("old mac lines", "[profile dev]\raws_access_key_id = AKIAA\raws_secret_access_key = s\r")
	config("name of other characters", "[profile dev]\n"+pairA+"[profile a!b]\n"+pairB)
	config("key of other characters", "[profile dev]\nin valid = v\n"+pairA)
	config("inherited", "[DEFAULT]\n"+pairA+"[profile dev]\n"+region)
	config("empty", "")
	config("percent", "[profile dev]\naws_access_key_id = AKIA%(x)s\naws_secret_access_key = s%\n")
	credentials("plain in credentials", "[dev]\n"+pairA+region)
	credentials("word in credentials", "[profile dev]\n"+pairA)
	credentials("blanks in credentials", "[ dev ]\n"+pairA)
	credentials("quotes in credentials", "[\"dev\"]\n"+pairA)
	credentials("two sections in credentials", "[dev]\n"+pairA+"[dev]\n"+region)
	credentials("byte order mark in credentials", "\ufeff[dev]\n"+pairA)
	list = append(list,
		named(world{name: "name with blank", config: "[profile my dev]\n" + pairA}, "my dev"),
		named(world{name: "quoted name with blank", config: "[profile \"my dev\"]\n" + pairA}, "my dev"),
		named(world{name: "quotes named too", config: "[profile \"my dev\"]\n" + pairA}, `"my dev"`),
		named(world{name: "slashes", config: "[profile a.b/c:d%e@f+g_h-1]\n" + pairA}, "a.b/c:d%e@f+g_h-1"),
		named(world{name: "word called for", credentials: "[profile dev]\n" + pairA}, "profile dev"),
		named(world{name: "upper case default", config: "[DEFAULT]\n" + pairA}, "DEFAULT"),
		named(world{name: "with and without the word", config: "[profile zed]\n" + pairA + "[zed]\n" + pairB}, "zed"),
		named(world{name: "with and without the word, other order", config: "[abc]\n" + pairB + "[profile abc]\n" + pairA}, "abc"),
		world{name: "default", config: "[default]\n" + pairA + region},
		world{name: "profile default", config: "[profile default]\n" + pairA + region},
		world{name: "both defaults", config: "[default]\n" + pairA + "[profile default]\n" + region},
		world{name: "both defaults, other order", config: "[profile default]\n" + region + "[default]\n" + pairA},
		world{name: "DEFAULT for default", config: "[DEFAULT]\n" + pairA},
		world{name: "Default for default", config: "[Default]\n" + pairA},
		world{name: "DEFAULT beside default", config: "[DEFAULT]\n" + region + "[default]\n" + pairA},
		world{name: "default twice in credentials", credentials: "[default]\n" + pairA + "[profile default]\n" + pairB},
	)
	return list
}

// profileWorlds are about the sources within profiles, and from profile to profile.
func profileWorlds() []world {
	var list []world
	a := func(name, config, credentials string) {
		list = append(list, named(world{name: name, config: config, credentials: credentials, env: inRegion}, "a"))
	}
	const ab = "source_profile = b\n"
	a("source", "[profile a]\n"+roleA+ab+"[profile b]\n"+pairB, "")
	a("source with settings", "[profile a]\n"+roleA+ab+"role_session_name = me\nexternal_id = x/y\nduration_seconds = 7200\n[profile b]\n"+pairB, "")
	a("source in credentials", "[profile a]\n"+roleA+ab, "[b]\n"+pairB)
	a("source and own keys", "[profile a]\n"+roleA+ab+pairA+"[profile b]\n"+pairB, "")
	a("itself", "[profile a]\n"+roleA+"source_profile = a\n"+pairA, "")
	a("itself, keys in credentials", "[profile a]\n"+roleA+"source_profile = a\n", "[a]\n"+pairA)
	a("itself without keys", "[profile a]\n"+roleA+"source_profile = a\n", "")
	a("itself with a command", "[profile a]\n"+roleA+"source_profile = a\n"+command, "")
	a("itself with Identity Center", "[profile a]\n"+roleA+"source_profile = a\n"+sso, "")
	a("chain", "[profile a]\n"+roleA+ab+"[profile b]\n"+roleB+"source_profile = c\n[profile c]\n"+pairC, "")
	a("keys within a chain", "[profile a]\n"+roleA+ab+"[profile b]\n"+roleB+"source_profile = c\n"+pairB+"[profile c]\n"+pairC, "")
	a("loop", "[profile a]\n"+roleA+ab+"[profile b]\n"+roleB+"source_profile = a\n", "")
	a("loop with keys", "[profile a]\n"+roleA+ab+pairA+"[profile b]\n"+roleB+"source_profile = a\n", "")
	a("source of web identity", "[profile a]\n"+roleA+ab+"[profile b]\n"+roleB+token, "")
	a("source without credentials", "[profile a]\n"+roleA+ab+"[profile b]\n"+region, "")
	a("source with half a pair", "[profile a]\n"+roleA+ab+"[profile b]\naws_access_key_id = AKIAB\n", "")
	a("source with half a pair in credentials", "[profile a]\n"+roleA+ab, "[b]\naws_access_key_id = AKIAB\n")
	a("source with the secret only", "[profile a]\n"+roleA+ab+"[profile b]\naws_secret_access_key = s\n", "")
	a("no source", "[profile a]\n"+roleA+ab, "")
	a("source of Identity Center", "[profile a]\n"+roleA+ab+"[profile b]\n"+sso, "")
	a("source of a session", "[profile a]\n"+roleA+ab+"[profile b]\n"+ssoIDs+corp, "")
	a("source of a command", "[profile a]\n"+roleA+ab+"[profile b]\n"+command, "")
	a("source of a sign-in", "[profile a]\n"+roleA+ab+"[profile b]\n"+signedIn, "")
	a("source with keys and role", "[profile a]\n"+roleA+ab+"[profile b]\n"+roleB+pairB, "")
	a("source with keys and Identity Center", "[profile a]\n"+roleA+ab+"[profile b]\n"+sso+pairB, "")
	a("source with quoted name", "[profile a]\n"+roleA+"source_profile = \"b\"\n[profile b]\n"+pairB, "")
	a("source with comment", "[profile a]\n"+roleA+"source_profile = b # x\n[profile b]\n"+pairB, "")
	a("source in another case", "[profile a]\n"+roleA+"source_profile = B\n[profile b]\n"+pairB, "")
	a("source that is dropped", "[profile a]\n"+roleA+ab+"[b]\n"+pairB, "")
	a("source named default", "[profile a]\n"+roleA+"source_profile = default\n[default]\n"+pairB, "")
	a("role and own keys", "[profile a]\n"+roleA+pairA, "")
	a("role alone", "[profile a]\n"+roleA, "")
	a("role and command", "[profile a]\n"+roleA+command, "")
	a("role and Identity Center", "[profile a]\n"+roleA+sso, "")
	a("both sources", "[profile a]\n"+roleA+ab+"credential_source = Environment\n[profile b]\n"+pairB, "")
	a("source without role", "[profile a]\n"+ab+"[profile b]\n"+pairB, "")
	a("source without role beside keys", "[profile a]\n"+ab+pairA+"[profile b]\n"+pairB, "")
	a("token without role", "[profile a]\n"+token, "")
	a("token", "[profile a]\n"+roleA+token+"role_session_name = me\nduration_seconds = 7200\n", "")
	a("token and blank session name", "[profile a]\n"+roleA+token+"role_session_name =\n", "")
	a("blank session name", "[profile a]\n"+roleA+ab+"role_session_name =\n[profile b]\n"+pairB, "")
	a("no token file", "[profile a]\n"+roleA+"web_identity_token_file = @HOME/no-token\n", "")
	a("token file with comment", "[profile a]\n"+roleA+"web_identity_token_file = @HOME/token # x\n", "")
	a("quoted token file", "[profile a]\n"+roleA+"web_identity_token_file = \"@HOME/token\"\n", "")
	a("token and keys", "[profile a]\n"+roleA+token+pairA, "")
	a("token and keys in credentials", "[profile a]\n"+roleA+token, "[a]\n"+pairA)
	a("token and command", "[profile a]\n"+roleA+token+command, "")
	a("token and Identity Center", "[profile a]\n"+roleA+token+sso, "")
	a("token and source", "[profile a]\n"+roleA+token+ab+"[profile b]\n"+pairB, "")
	a("keys in both files", "[profile a]\n"+pairA, "[a]\n"+pairB)
	a("token of the other file", "[profile a]\naws_session_token = t\n", "[a]\n"+pairB)
	a("half in each file", "[profile a]\naws_access_key_id = AKIAA\n", "[a]\naws_secret_access_key = s\n")
	a("half in config", "[profile a]\naws_access_key_id = AKIAA\n", "")
	a("half in config, pair in credentials", "[profile a]\naws_access_key_id = AKIAA\n", "[a]\n"+pairB)
	a("pair in config, half in credentials", "[profile a]\n"+pairA, "[a]\naws_access_key_id = AKIAB\n")
	a("half in credentials", "", "[a]\naws_access_key_id = AKIAB\n")
	a("secret in credentials", "", "[a]\naws_secret_access_key = s\n")
	a("keys and command in credentials", "", "[a]\n"+pairA+command)
	a("keys in credentials and command", "[profile a]\n"+command, "[a]\n"+pairA)
	a("keys in config and command", "[profile a]\n"+pairA+command, "")
	a("settings in credentials", "[profile a]\n"+region, "[a]\n"+roleA+ab+"[b]\n"+pairB)
	a("blank key", "[profile a]\naws_access_key_id =\naws_secret_access_key =\n"+command, "")
	a("blank keys in credentials", "[profile a]\n"+command, "[a]\naws_access_key_id =\naws_secret_access_key =\n")
	a("blank role", "[profile a]\nrole_arn =\n"+ab+"[profile b]\n"+pairB, "")
	a("blank source", "[profile a]\n"+roleA+"source_profile =\n[profile b]\n"+pairB, "")
	a("short role", "[profile a]\nrole_arn = r\n"+ab+"[profile b]\n"+pairB, "")
	a("security token", "[profile a]\n"+pairA+"aws_security_token = t\n", "")
	a("code", "[profile a]\n"+roleA+ab+"mfa_serial = arn:aws:iam::111122223333:mfa/me\n[profile b]\n"+pairB, "")
	a("code within a chain", "[profile a]\n"+roleA+ab+"[profile b]\n"+roleB+"mfa_serial = arn:aws:iam::111122223333:mfa/me\nsource_profile = c\n[profile c]\n"+pairC, "")
	for _, d := range []string{"900", "930", "959", "960", "3600", "0x3600", "abc", "1_800", "100", "", " 1800 ", "-5"} {
		a("duration "+d, "[profile a]\n"+roleA+ab+"duration_seconds = "+d+"\n[profile b]\n"+pairB, "")
	}
	a("command", "[profile a]\n"+command, "")
	a("command with double quotes", "[profile a]\ncredential_process = \"@CREDS\" \"a b\" c\\ d\n", "")
	a("quoted command", "[profile a]\ncredential_process = \"@CREDS\"\n", "")
	a("command with escapes", "[profile a]\ncredential_process = @CREDS 'a'\"b\" \"c'd\"x '' e\\ f\n", "")
	a("command with open quote", "[profile a]\ncredential_process = @CREDS 'a\n", "")
	a("command with comment", "[profile a]\ncredential_process = @CREDS a # b\n", "")
	a("command with variable", "[profile a]\ncredential_process = @CREDS $AWS_DEFAULT_REGION ~\n", "")
	a("command with pipe", "[profile a]\ncredential_process = @CREDS a | cat\n", "")
	a("blank command", "[profile a]\ncredential_process =\n", "")
	a("profile with a region only", "[profile a]\n"+region, "")
	a("profile without anything", "[profile a]\n", "")
	return list
}
