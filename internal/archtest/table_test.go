// Package archtest holds the house's rules against its code: the floor table
// of the design, the calls that only the program and the façade's defaults may
// make, and the shape of files and functions. The rules are data in this file;
// the checks are beside it, each tried on small sources that break it.
package archtest_test

const module = "github.com/latchkey-aws/latchkey"

// floors says on which floor each room stands. A room imports only rooms of
// lower floors, whatever its own sub-packages; a package that belongs to no
// room here is a failure. A room is the longest listed path above a package.
func floors() map[string]int {
	return map[string]int{
		"cmd/latchkey":        9, // main alone: it imports the command line
		"cmd/latchkey/cli":    8,
		"bench/hello":         8,
		"bench/linked":        8,
		"bench/handsign":      8,
		"bench/run":           8,
		"bench/spawn":         8,
		"bench/endpoint":      8,
		"bench/load":          8,
		".":                   7,
		"explain":             6,
		"chain":               5,
		"provider":            4,
		"sso":                 3,
		"signin":              3,
		"iam":                 3,
		"console":             3,
		"profile":             2,
		"iam/policies":        2, // documents for people to attach, and what is wrong with those of others
		"awsapi":              2,
		"session":             2,
		"vault":               2,
		"mfa":                 2,
		"deliver":             2,
		"server":              2,
		"internal/tty":        2, // the terminal device, and what is asked there
		"internal/pinentry":   2, // the same in pinentry's window
		"internal/keychain":   2, // the OS keychain, with a time limit
		"internal/authcode":   2, // what sso and signin share of an authorization code: state, PKCE, the loopback listener
		"internal/tokenfile":  2, // what sso and signin share: a file, its lock, its atomic write
		"secret":              0,
		"origin":              1,
		"sandbox":             2,
		"internal/atomicfile": 1,
		"internal/diskfile":   1, // reading files of the disk, without the poller
		"internal/lockfile":   1,
		"internal/loopback":   1, // what every listener keeps to: addresses, peers, limits, its end
		"internal/iso8601":    1,
		"internal/display":    1, // text from elsewhere made fit for a terminal
		"internal/browser":    1, // opening a page, and whether there is a browser to open it in
		"internal/chromium":   2, // a real browser for tests
		"internal/installed":  1, // what else tests run, if it is there
		"internal/command":    1, // programs that are run for what they print
		"internal/policy":     1, // evaluating IAM's policy documents
		"internal/procwatch":  1, // the end of a process that is no child
		"internal/kernelring": 1, // the Linux kernel's keyring
		"internal/qr":         1, // QR codes
		"internal/pause":      0, // waiting for a time or the end of a context
		"internal/archtest":   1,
		"internal/mutants":    1, // changes that a test must notice
	}
}

// A ban is a package's names that say where the program stands in the world:
// the clock, the environment, the terminal, global clients. Such things are
// passed down from the program.
type ban struct {
	pkg   string
	names []string
}

func bans() []ban {
	return []ban{
		{"os", []string{
			"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Unsetenv", "Clearenv",
			"UserHomeDir", "UserCacheDir", "UserConfigDir", "Stdin", "Stdout", "Stderr", "Exit",
		}},
		{"syscall", []string{"Getenv", "Environ", "Setenv", "Unsetenv", "Clearenv", "Exit"}},
		{"time", []string{"Now", "Since", "Until"}},
		{"fmt", []string{"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"}},
		{"net/http", []string{
			"Get", "Head", "Post", "PostForm", "Handle", "HandleFunc", "DefaultClient", "DefaultTransport", "DefaultServeMux",
			"ProxyFromEnvironment",
		}},
		{"golang.org/x/net/http/httpproxy", []string{"FromEnvironment"}},
		{"flag", []string{"CommandLine", "Parse"}},
	}
}

// freeOfBans lists the rooms that are programs: they are where the world is met.
func freeOfBans() []string {
	return []string{"cmd/latchkey", "cmd/latchkey/cli", "bench/hello", "bench/linked", "bench/handsign", "bench/run", "bench/spawn", "bench/endpoint", "bench/load"}
}

// An exception lets one file use one banned name, or own one variable, for a
// reason. An exception that nothing needs any more is a failure.
type exception struct{ file, name, reason string }

func exceptions() []exception {
	return []exception{
		{"latchkey.go", "os.Environ", "the façade's default environment"},
		{"latchkey.go", "time.Now", "the façade's default clock"},
		{"internal/chromium/start.go", "os.Getenv", "tests import it alone, and a browser is found by PATH"},
		{"internal/installed/installed.go", "os.Getenv", "tests import it alone, and what they require is in the environment"},
		{"sandbox/clock.go", "time.Now", "the stand-in for AWS has AWS's clock"},
		{"internal/loopback/server.go", "log", "net/http takes its error log as a *log.Logger; this one discards, and log/slog is larger"},
		{"profile/index.go", "bom", "sliced only to be compared with"},
	}
}

// fences says who may import a package or anything below it.
type fence struct {
	pkg    string
	except []string // paths below pkg that are free to all
	rooms  []string // rooms that may; none: nobody
	reason string
}

func fences() []fence {
	return []fence{
		{"github.com/spf13/cobra", nil, []string{"cmd/latchkey/cli", "bench/linked"}, "commands and flags live in the command line alone"},
		{"github.com/spf13/pflag", nil, []string{"cmd/latchkey/cli"}, "commands and flags live in the command line alone"},
		{"flag", nil, []string{"bench/run", "bench/load"}, "commands and flags live in the command line alone"},
		{"log", []string{"log/slog"}, nil, "an error is returned, never printed on the way"},
		{"unsafe", nil, []string{"internal/command"}, "nothing here is worth it but the limits of a Windows job, which have no other way in"},
		{
			"github.com/aws/aws-sdk-go-v2",
			[]string{"github.com/aws/aws-sdk-go-v2/aws"},
			nil, "service clients, config and credentials double the start-up",
		},
		{"github.com/aws/smithy-go", nil, nil, "awsapi speaks to AWS"},
	}
}

// revealers lists the rooms where a secret may leave its wrapping: into a
// request, an output that the user asked for, a file of AWS's own, a digest.
func revealers() []string {
	return []string{
		"secret", "awsapi", "deliver", "session", "vault", "mfa", "internal/keychain", "internal/authcode", "internal/tokenfile", "internal/tty", "internal/pinentry",
		".", "sso", "signin", "iam", "console", "provider", "chain", "server", "sandbox", "cmd/latchkey/cli", "bench/endpoint",
	}
}

// The limits on shape, in lines.
const (
	maxFile     = 350
	maxFunction = 60
)
