//go:build linux

package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// docker runs what docs/serve.md runs in containers: in a mount namespace with the
// volumes, with an environment of its own, and without a home folder.
const docker = `#!/bin/bash
set -e
[ "$1" = run ]; shift
environ=(PATH="/usr/local/bin:$PATH" HOME=/nonexistent AWS_ENDPOINT_URL="$SANDBOX" AWS_DEFAULT_REGION=eu-central-1 GORACE=atexit_sleep_ms=0)
volumes=()
while [[ $1 == -* ]]; do
  case $1 in
  --rm) shift ;;
  --network) [ "$2" = host ]; shift 2 ;;
  --user) [ "$2" = "$(id -u)" ]; shift 2 ;;
  -e) [[ $2 == *=* ]] && environ+=("$2") || environ+=("$2=${!2}"); shift 2 ;;
  -v) volumes+=("$2"); shift 2 ;;
  *) echo "docker: $1?" >&2; exit 125 ;;
  esac
done
image=$1; shift
if [ "$image" = amazon/aws-cli ]; then set -- aws "$@"; fi
for v in "${volumes[@]}"; do [ -e "${v%%:*}" ]; done
exec unshare -rm bash -ec '
  n=$1; shift
  mkdir "$TMPDIR/mnt.$$"; mount -t tmpfs none "$TMPDIR/mnt.$$"; mnt=$TMPDIR/mnt.$$
  list=("${@:1:n}"); shift "$n"
  for i in "${!list[@]}"; do # before something lies over it
    source=${list[i]%%:*}
    if [ -d "$source" ]; then mkdir "$mnt/$i"; else : >"$mnt/$i"; fi
    mount --bind "$source" "$mnt/$i"
    mount -o remount,bind,ro "$mnt/$i"
  done
  mount -t tmpfs none /run; mount -t tmpfs none /usr/local/bin
  for i in "${!list[@]}"; do
    target=${list[i]#*:}; [ "${target#*:}" = ro ]; target=${target%:ro}
    if [ -d "$mnt/$i" ]; then mkdir -p "$target"; else : >"$target"; fi
    mount --move "$mnt/$i" "$target"
  done
  exec env -i "$@"' bash "${#volumes[@]}" "${volumes[@]}" "${environ[@]}" "$@"
`

// A page is docs/serve.md and the home folder of who reads it.
type page struct {
	*person
	blocks map[string][]string // by language
}

func newPage(t *testing.T) *page {
	t.Helper()
	if out, err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/run").CombinedOutput(); err != nil {
		t.Skipf("no mount namespaces here: %v %s", err, out)
	}
	text, err := os.ReadFile("../../docs/serve.md")
	if err != nil {
		t.Fatal(err)
	}
	p := &page{person: atHome(t, oddConfig+"[profile prod]\nregion = eu-central-1\nrole_arn = arn:aws:iam::444455556666:role/ReadOnly\nsource_profile = alice\n", aliceCredentials), blocks: map[string][]string{}}
	for i, block := range strings.Split(string(text), "```") {
		if language, body, ok := strings.Cut(block, "\n"); ok && i%2 == 1 {
			p.blocks[language] = append(p.blocks[language], body)
		}
	}
	put(t, filepath.Join(p.dir, "bin", "docker"), docker)
	p.environ = append(p.environ, "PATH="+filepath.Join(p.dir, "bin")+":"+os.Getenv("PATH"), "SANDBOX="+p.server.URL())
	return p
}

// script runs lines until they end, with all that they have started.
func (p *page) script(lines string) string {
	p.t.Helper()
	cmd := exec.Command("bash", "-c", lines)
	cmd.Env, cmd.Dir, cmd.SysProcAttr = p.environ, p.t.TempDir(), &syscall.SysProcAttr{Setsid: true}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer timer.Stop()
	state, err := cmd.Process.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // what it has put into the background
	_ = cmd.Wait()
	if err != nil || !state.Success() {
		p.t.Errorf("%v, %v\n%s\n%s", err, state, lines, out.String())
	}
	return out.String()
}

// TestServePage runs the commands of docs/serve.md, those in containers in namespaces.
func TestServePage(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	put(t, filepath.Join(p.dir, ".latchkey", "aws-config"), p.blocks["ini"][0])
	ran := 0
	for _, block := range p.blocks["sh"] {
		if strings.HasPrefix(block, "latchkey serve ") {
			p.background(block)
			continue
		}
		ran++
		if out := p.script("set -e\n" + block); !strings.Contains(out, ":assumed-role/ReadOnly/") {
			t.Errorf("%s\nsays:\n%s", block, out)
		}
	}
	if ran != 3 || len(p.blocks["sh"]) != 4 || len(p.blocks["ini"]) != 1 {
		t.Errorf("%d blocks were run", ran)
	}
}

// background runs a block in a terminal of its own until the test ends.
func (p *page) background(block string) {
	p.t.Helper()
	ty := inTerminal(p.t, p.environ, "bash", "-c", "exec "+block)
	ty.await("Ctrl-C ends it", 1)
	// It prints what goes into the config file, but for the path.
	for line := range strings.Lines(strings.ReplaceAll(p.blocks["ini"][0], "/run/latchkey", filepath.Join(p.dir, ".latchkey"))) {
		if !strings.Contains(ty.screen(), line) {
			p.t.Errorf("%q is not in:\n%s", line, ty.screen())
		}
	}
}

// compose is what the page uses of the file.
type compose struct {
	Services map[string]struct {
		Image, User, Command, Restart string
		NetworkMode                   string `yaml:"network_mode"`
		Environment                   map[string]string
		Volumes                       []string
		Healthcheck                   struct {
			Test     []string
			Interval string
		}
		DependsOn map[string]struct{ Condition string } `yaml:"depends_on"`
	}
}

// TestServeCompose runs both services of the page's compose file.
func TestServeCompose(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	_ = free.Close()
	var file compose
	if err := yaml.UnmarshalWithOptions([]byte(strings.ReplaceAll(p.blocks["yaml"][0], "9911", port)), &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	app, beside := file.Services["app"], file.Services["credentials"]
	if len(file.Services) != 2 || app.User != beside.User || app.NetworkMode != "service:credentials" || app.DependsOn["credentials"].Condition != "service_healthy" {
		t.Fatalf("%+v", file)
	}
	put(t, filepath.Join(p.dir, ".latchkey", "aws-config"), p.blocks["ini"][0])
	p.background("latchkey serve dev prod --socket ~/.latchkey/socket")
	latchkey, err := exec.LookPath("latchkey")
	if err != nil {
		t.Fatal(err)
	}
	run := "docker run"
	for name, value := range beside.Environment {
		run += " -e " + name + "=" + value
	}
	for _, volume := range beside.Volumes {
		run += " -v " + strings.Replace(volume, "/usr/local/bin/latchkey:", latchkey+":", 1)
	}
	ty := inTerminal(t, p.environ, "bash", "-c", "exec "+run+" "+beside.Image+" "+beside.Command)
	ty.await("latchkey: serving dev on http://127.0.0.1:"+port, 1)
	if test := beside.Healthcheck.Test; test[0] != "CMD" || strings.Join(test[1:], " ") != "nc -z 127.0.0.1 "+port {
		t.Errorf("%q", test)
	}
	run = "docker run"
	for name, value := range app.Environment {
		run += " -e " + name + "=" + value
	}
	if out := p.script(run + " " + app.Image + " " + app.Command); !strings.Contains(out, ":assumed-role/ReadOnly/") {
		t.Errorf("it says:\n%s\n%s", out, ty.screen())
	}
}

// TestServeNoNetwork: --from works where there is no network, not even loopback, and by
// a path that is not that of the server.
func TestServeNoNetwork(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	dir := t.TempDir()
	serve(t, p.environ, "dev", "--socket", filepath.Join(dir, "s"))
	out := p.script(`unshare -rnm bash -c 'mount -t tmpfs none /run; mkdir /run/l; mount --bind "$1" /run/l; exec env -i PATH="$PATH" latchkey credentials --from unix:/run/l/s' bash ` + dir)
	if !strings.HasPrefix(out, `{"Version":1,"AccessKeyId":"ASIA`) {
		t.Errorf("it says:\n%s", out)
	}
}
