package profile_test

import (
	"testing"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

func envOf(m map[string]string) profile.Env {
	return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
}

func TestLocate(t *testing.T) {
	t.Parallel()
	byDefault := origin.Default("the .aws folder in the home folder")
	tests := []struct {
		name                               string
		goos                               string
		env                                map[string]string
		config, credentials, home          string // options
		wantHome, wantConfig, wantCred     string
		wantSSO, wantLogin, wantCLI        string
		homeAt, configAt, credAt, cachesAt origin.Origin
		loginAt                            origin.Origin
		codes                              string
	}{
		{name: "home", goos: "linux", env: map[string]string{"HOME": "/h"}, wantHome: "/h", wantConfig: "/h/.aws/config", wantCred: "/h/.aws/credentials",
			wantSSO: "/h/.aws/sso/cache", wantLogin: "/h/.aws/login/cache", wantCLI: "/h/.aws/cli/cache",
			homeAt: origin.Env("HOME"), configAt: byDefault, credAt: byDefault, cachesAt: byDefault, loginAt: byDefault},
		{name: "home is the root", goos: "linux", env: map[string]string{"HOME": "/"}, wantHome: "/", wantConfig: "/.aws/config", wantCred: "/.aws/credentials",
			wantSSO: "/.aws/sso/cache", wantLogin: "/.aws/login/cache", wantCLI: "/.aws/cli/cache",
			homeAt: origin.Env("HOME"), configAt: byDefault, credAt: byDefault, cachesAt: byDefault, loginAt: byDefault},
		{name: "overrides with tilde", goos: "linux", env: map[string]string{"HOME": "/h/", "AWS_CONFIG_FILE": "~/c", "AWS_SHARED_CREDENTIALS_FILE": "~", "AWS_LOGIN_CACHE_DIRECTORY": "~/l"},
			wantHome: "/h/", wantConfig: "/h/c", wantCred: "/h", wantSSO: "/h/.aws/sso/cache", wantLogin: "/h/l", wantCLI: "/h/.aws/cli/cache",
			homeAt: origin.Env("HOME"), configAt: origin.Env("AWS_CONFIG_FILE"), credAt: origin.Env("AWS_SHARED_CREDENTIALS_FILE"), cachesAt: byDefault, loginAt: origin.Env("AWS_LOGIN_CACHE_DIRECTORY"),
			codes: "location-missing@0 location-missing@0 location-tilde@0 location-tilde@0 location-tilde@0"},
		{name: "nothing else is expanded", goos: "linux", env: map[string]string{"HOME": "/h", "AWS_CONFIG_FILE": "~bob/c", "AWS_SHARED_CREDENTIALS_FILE": "/x/$USER", "AWS_LOGIN_CACHE_DIRECTORY": ""},
			wantHome: "/h", wantConfig: "~bob/c", wantCred: "/x/$USER", wantSSO: "/h/.aws/sso/cache", wantLogin: "/h/.aws/login/cache", wantCLI: "/h/.aws/cli/cache",
			homeAt: origin.Env("HOME"), configAt: origin.Env("AWS_CONFIG_FILE"), credAt: origin.Env("AWS_SHARED_CREDENTIALS_FILE"), cachesAt: byDefault, loginAt: byDefault,
			codes: "location-missing@0 location-missing@0 location-not-expanded@0 location-not-expanded@0"},
		{name: "options win", goos: "linux", env: map[string]string{"HOME": "/h", "AWS_CONFIG_FILE": "/e"}, config: "/o/c", credentials: "/o/s", home: "/o",
			wantHome: "/o", wantConfig: "/o/c", wantCred: "/o/s", wantSSO: "/o/.aws/sso/cache", wantLogin: "/o/.aws/login/cache", wantCLI: "/o/.aws/cli/cache",
			homeAt: origin.Code("Options.Home"), configAt: origin.Code("Options.ConfigFile"), credAt: origin.Code("Options.CredentialsFile"), cachesAt: byDefault, loginAt: byDefault,
			codes: "location-missing@0 location-missing@0"},
		{name: "no home", goos: "linux", env: map[string]string{"USERPROFILE": "/u", "HOME": ""}, homeAt: origin.Default("no home folder"), configAt: byDefault, credAt: byDefault, cachesAt: byDefault, loginAt: byDefault,
			codes: "no-home@0"},
		{name: "tilde without home", goos: "linux", env: map[string]string{"AWS_CONFIG_FILE": "~/c"}, homeAt: origin.Default("no home folder"), configAt: origin.Env("AWS_CONFIG_FILE"), credAt: byDefault,
			cachesAt: byDefault, loginAt: byDefault, codes: "location-tilde@0 no-home@0"},
		{name: "HOME wins on Windows", goos: "windows", env: map[string]string{"HOME": `C:\h`, "USERPROFILE": `C:\u`}, wantHome: `C:\h`, wantConfig: `C:\h\.aws\config`, wantCred: `C:\h\.aws\credentials`,
			wantSSO: `C:\h\.aws\sso\cache`, wantLogin: `C:\h\.aws\login\cache`, wantCLI: `C:\h\.aws\cli\cache`,
			homeAt: origin.Env("HOME"), configAt: byDefault, credAt: byDefault, cachesAt: byDefault, loginAt: byDefault},
		{name: "USERPROFILE", goos: "windows", env: map[string]string{"USERPROFILE": `C:\u`, "HOMEDRIVE": "D:", "HOMEPATH": `\p`, "AWS_CONFIG_FILE": `~\c`}, wantHome: `C:\u`, wantConfig: `C:\u\c`, wantCred: `C:\u\.aws\credentials`,
			wantSSO: `C:\u\.aws\sso\cache`, wantLogin: `C:\u\.aws\login\cache`, wantCLI: `C:\u\.aws\cli\cache`,
			homeAt: origin.Env("USERPROFILE"), configAt: origin.Env("AWS_CONFIG_FILE"), credAt: byDefault, cachesAt: byDefault, loginAt: byDefault, codes: "location-missing@0 location-tilde@0"},
		{name: "HOMEDRIVE and HOMEPATH", goos: "windows", env: map[string]string{"HOMEDRIVE": "D:", "HOMEPATH": `\p`}, wantHome: `D:\p`, wantConfig: `D:\p\.aws\config`, wantCred: `D:\p\.aws\credentials`,
			wantSSO: `D:\p\.aws\sso\cache`, wantLogin: `D:\p\.aws\login\cache`, wantCLI: `D:\p\.aws\cli\cache`,
			homeAt: origin.Env("HOMEDRIVE"), configAt: byDefault, credAt: byDefault, cachesAt: byDefault, loginAt: byDefault},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := profile.Options{Env: envOf(tt.env), GOOS: tt.goos, ConfigFile: tt.config, CredentialsFile: tt.credentials, Home: tt.home}
			want := profile.Locations{Home: tt.wantHome, Config: tt.wantConfig, Credentials: tt.wantCred, SSOCache: tt.wantSSO, LoginCache: tt.wantLogin, CLICache: tt.wantCLI,
				Origins: profile.LocationOrigins{Home: tt.homeAt, Config: tt.configAt, Credentials: tt.credAt, SSOCache: tt.cachesAt, CLICache: tt.cachesAt, LoginCache: tt.loginAt}}
			if got := profile.Locate(o); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if tt.wantHome == "/h" && tt.codes == "" {
				return
			}
			g, err := profile.Load(o)
			if err != nil {
				t.Fatal(err)
			}
			// "~" alone is the folder /h, which need not exist either.
			if got := codes(g, g.Findings()); got != tt.codes {
				t.Errorf("findings %s, want %s", got, tt.codes)
			}
			if g.Locations() != want {
				t.Error("Locations differs from Locate")
			}
		})
	}
}

func TestBlankLocation(t *testing.T) {
	t.Parallel()
	env := func(name string) (string, bool) { return "", name == "AWS_CONFIG_FILE" }
	g, err := profile.Load(profile.Options{Env: env, Home: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if got := codes(g, g.Findings()); got != "location-blank@0" {
		t.Errorf("findings %s", got)
	}
}
