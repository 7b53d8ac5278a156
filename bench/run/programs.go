package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A program is one command line to measure.
type program struct {
	name    string
	args    []string
	environ []string
	dir     string
	want    string // a part of what it must print
	forget  string // a folder that is removed before each start
}

// A cost is what one start of a program took.
type cost struct {
	cpu, wall time.Duration
	memory    int64 // peak, in bytes
	faults    int64 // page faults
}

const (
	role   = "arn:aws:iam::123456789012:role/bench"
	device = "arn:aws:iam::123456789012:mfa/bench"
	region = "eu-west-1"
	// uncached is the cache folder of the row whose session is forgotten each time.
	uncached = "uncached"
)

// sizes are the numbers of profiles in the config files.
func sizes() []int { return []int{10, 1000} }

// prepare writes the config files and returns what is measured.
func prepare(dir string, b binaries, stsURL string) ([]program, error) {
	truth, err := exec.LookPath("true")
	if err != nil {
		return nil, err
	}
	var programs []program
	add := func(home, name, want string, args ...string) *program {
		programs = append(programs, program{name: name, args: args, environ: environ(home, stsURL), dir: dir, want: want})
		return &programs[len(programs)-1]
	}
	for _, profiles := range sizes() {
		home := homeOf(dir, profiles)
		if err := writeConfig(home, profiles); err != nil {
			return nil, err
		}
		if err := keepSession(home, b.latchkey, environ(home, stsURL)); err != nil {
			return nil, err
		}
		suffix := fmt.Sprint(" ", profiles)
		add(home, "cached credentials"+suffix, "ASIABENCH", b.latchkey, "credentials", "mfa")
		add(home, "cached exec"+suffix, "", b.latchkey, "exec", "mfa", "--", truth)
		add(home, "credentials"+suffix, "AKIABENCH", b.latchkey, "credentials", "bench")
		add(home, "exec"+suffix, "", b.latchkey, "exec", "bench", "--", truth)
		if profiles == 10 {
			assume := add(home, "assume", "ASIABENCH", b.latchkey, "credentials", "assume")
			assume.environ = append(assume.environ, "XDG_CACHE_HOME="+filepath.Join(dir, uncached))
			assume.forget = filepath.Join(dir, uncached, "latchkey", "sessions")
			handsign := add(home, "handsign", "ASIABENCH", b.handsign, stsURL, region, role)
			handsign.environ = append(handsign.environ, "AWS_ACCESS_KEY_ID=AKIABENCH", "AWS_SECRET_ACCESS_KEY=bench")
			add(home, "hello", "hello", b.hello)
			add(home, "linked", "hello", b.linked)
			add(home, "true", "", truth)
		}
	}
	return programs, nil
}

func homeOf(dir string, profiles int) string { return filepath.Join(dir, strconv.Itoa(profiles)) }

func cacheOf(home string) string { return filepath.Join(home, "cache") }

func environ(home, stsURL string) []string {
	environ := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "USERPROFILE=" + home, "XDG_RUNTIME_DIR=" + filepath.Join(home, "run"),
		"XDG_CACHE_HOME=" + cacheOf(home), "XDG_DATA_HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, "settings"),
		"AWS_CONFIG_FILE=" + filepath.Join(home, "config"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(home, "credentials"),
		"AWS_ENDPOINT_URL_STS=" + stsURL, "AWS_EC2_METADATA_DISABLED=true",
	}
	if root := os.Getenv("SYSTEMROOT"); root != "" {
		environ = append(environ, "SYSTEMROOT="+root)
	}
	return environ
}

// writeConfig fills home with a config file of n profiles, most of them roles,
// and a credentials file. Those that are used stand in the middle.
func writeConfig(home string, n int) error {
	var config strings.Builder
	for i := range n - 4 {
		if i == n/4 {
			fmt.Fprintf(&config, "[profile bench]\nregion = %s\n\n[profile assume]\nrole_arn = %s\nsource_profile = bench\nregion = %s\n\n", region, role, region)
			fmt.Fprintf(&config, "[profile mfa]\nrole_arn = %s\nsource_profile = kept\nmfa_serial = %s\nregion = %s\n\n[profile kept]\nregion = %s\n\n", role, device, region, region)
		}
		fmt.Fprintf(&config, "[profile team-%d]\nrole_arn = arn:aws:iam::%012d:role/developer\nsource_profile = bench\nregion = %s\noutput = json\n\n", i, i, region)
	}
	keys := "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = default\n\n" +
		"[bench]\naws_access_key_id = AKIABENCH\naws_secret_access_key = bench\n"
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(home, "config"), []byte(config.String()), 0o600),
		os.WriteFile(filepath.Join(home, "credentials"), []byte(keys), 0o600),
	)
}

// try runs every program once and looks at what it prints: a fast failure
// must not pass for a fast success.
func try(programs []program) error {
	for _, p := range programs {
		cmd := exec.Command(p.args[0], p.args[1:]...)
		cmd.Env, cmd.Dir = p.environ, p.dir
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s: %w: %s", p.name, err, stderr.String())
		}
		if !strings.Contains(string(out), p.want) {
			return fmt.Errorf("%s printed %q, want %q in it", p.name, out, p.want)
		}
	}
	return nil
}

// start runs the program through bench/spawn.
func (p program) start(spawn string) (cost, error) {
	if p.forget != "" {
		if err := os.RemoveAll(p.forget); err != nil {
			return cost{}, err
		}
	}
	cmd := exec.Command(spawn, p.args...)
	cmd.Env, cmd.Dir = p.environ, p.dir
	out, err := cmd.Output()
	if err != nil {
		return cost{}, fmt.Errorf("%s: %w", p.name, err)
	}
	var code, user, system, wall, memory, faults int64
	if _, err := fmt.Sscan(string(out), &code, &user, &system, &wall, &memory, &faults); err != nil {
		return cost{}, fmt.Errorf("%s: spawn printed %q: %w", p.name, out, err)
	}
	if code != 0 {
		return cost{}, fmt.Errorf("%s: exit code %d", p.name, code)
	}
	return cost{cpu: time.Duration(user+system) * time.Microsecond, wall: time.Duration(wall), memory: memory, faults: faults}, nil
}

// moduleRoot returns the folder of the module that the runner is run in.
func moduleRoot() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/latchkey-aws/latchkey").Output()
	if err != nil {
		return "", fmt.Errorf("run it inside the repository: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func goBuild(root, pkg, into string) error {
	linked := into + ".linked"
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", linked, pkg)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return install(linked, into)
}

// install copies a program in one piece, as packages and downloads put it there.
// The linker writes a file in small parts that the kernel then caches and maps as
// such, which makes every start of a program dearer by a fifth.
func install(from, to string) error {
	program, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, program, 0o700)
}
