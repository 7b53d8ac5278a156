package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/internal/tty"
)

// pickHome makes a home with a config file, and returns the environment.
func pickHome(t *testing.T, config string) []string {
	t.Helper()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"HOME=" + home, "USERPROFILE=" + home, "XDG_CACHE_HOME=" + filepath.Join(home, "cache"), "TERM=xterm"}
}

func pickSys(t *testing.T, environ []string) (*Sys, *latchkey.Resolver, *asker) {
	t.Helper()
	sys := &Sys{Environ: environ, Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now}
	resolver, ask, err := sys.resolverAndAsker(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	return sys, resolver, ask
}

const pickConfig = `[profile zeta]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_account_name = Payments
sso_role_name = Admin
region = eu-west-1

[profile broken]
source_profile = nowhere
role_arn = arn:aws:iam::444455556666:role/team/Deploy

[profile alpha]
source_profile = zeta
role_arn = arn:aws:iam::444455556666:role/team/Deploy
`

func TestPickItems(t *testing.T) {
	t.Parallel()
	_, resolver, _ := pickSys(t, pickHome(t, pickConfig))
	resolver.Used("gone")
	resolver.Used("zeta")
	rows, err := profileRows(t.Context(), resolver)
	if err != nil {
		t.Fatal(err)
	}
	latelyFirst(rows, resolver.Lately())
	rows[1].Left = 7500
	var got []string
	for _, item := range pickItems(rows) {
		got = append(got, strings.Join(item.Columns, "|"))
	}
	want := []string{
		"zeta|Payments|111122223333|Admin|",
		"alpha||444455556666|team/Deploy|2h5m left",
		"broken||||error: source_profile nowhere does not exist",
	}
	for i := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("row %d of %q is not %s", i, got, want[i])
		}
	}
}

// TestPickQuickly: the list of a thousand profiles is there at once. The limit is
// far above what it takes.
func TestPickQuickly(t *testing.T) {
	t.Parallel()
	var config strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&config, "[profile account-%04d]\nsource_profile = account-%04d\nrole_arn = arn:aws:iam::%012d:role/Deploy\n", i+1, i/10, i)
	}
	config.WriteString("[profile account-0000]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n")
	environ := pickHome(t, config.String())
	began := time.Now()
	_, resolver, _ := pickSys(t, environ)
	rows, err := profileRows(t.Context(), resolver)
	if err != nil || len(rows) != 1001 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	latelyFirst(rows, resolver.Lately())
	pickItems(rows)
	took := time.Since(began)
	t.Log(took)
	if took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestPickNobody(t *testing.T) {
	t.Parallel()
	sys, resolver, ask := pickSys(t, append(pickHome(t, pickConfig), "LATCHKEY_PROMPT=none"))
	if name, err := sys.pickProfile(t.Context(), resolver, ask, "profile", ""); name != "" || !errors.Is(err, latchkey.ErrNobody) {
		t.Errorf("got %q, %v", name, err)
	}
}

// pickVariable makes the test binary pick a profile on its terminal.
const pickVariable = "LATCHKEY_TEST_PICK"

// TestPickChild is no test but the program of TestPickProfile.
func TestPickChild(t *testing.T) {
	if os.Getenv(pickVariable) == "" {
		t.Skip("it is run by TestPickProfile")
	}
	sys, resolver, ask := pickSys(t, os.Environ())
	name, err := sys.pickProfile(t.Context(), resolver, ask, "profile", "")
	fmt.Printf("picked %q %v %v\n", name, err, errors.Is(err, tty.ErrEnded))
}
