package loopback_test

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/loopback"
)

func TestListen(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "127.0.0.1:0", "[::1]:0", "[::ffff:127.0.0.1]:0"} {
		l, err := loopback.Listen(address)
		if err != nil {
			if address == "[::1]:0" {
				continue // there is no IPv6 here
			}
			t.Errorf("%q: %v", address, err)
			continue
		}
		if ip := l.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() {
			t.Errorf("%q listens on %s", address, ip)
		}
		_ = l.Close()
	}
	for _, address := range []string{
		":0", "0.0.0.0:0", "[::]:0", "localhost:0", "10.0.0.1:0", "169.254.169.254:80", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "[::1%lo]:0", "127.1:0", "[::ffff:10.0.0.1]:0",
	} {
		l, err := loopback.Listen(address)
		if err == nil {
			_ = l.Close()
		}
		var wrong *loopback.AddressError
		if !errors.As(err, &wrong) || wrong.Address != address {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestListenBusy: another port than the one that was asked for is of no use.
func TestListenBusy(t *testing.T) {
	t.Parallel()
	first, err := loopback.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if second, err := loopback.Listen(first.Addr().String()); err == nil {
		_ = second.Close()
		t.Error("a port that is taken is listened on")
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	list := func(port int, more ...string) (names []string) {
		for name := range loopback.HostsOf(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 2), Port: port}, more...) {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	want := []string{"127.0.0.1:81", "127.0.0.2:81", "169.254.169.254", "[::1]:81", "localhost:81"}
	if got := list(81, "169.254.169.254"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	want = []string{"127.0.0.1", "127.0.0.1:80", "127.0.0.2", "127.0.0.2:80", "[::1]", "[::1]:80", "localhost", "localhost:80"}
	if got := list(80); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := loopback.HostsOf(&net.UnixAddr{}, "localhost"); len(got) != 1 || !got["localhost"] {
		t.Errorf("of a socket: %v", got)
	}
}

func TestStrangers(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]bool{
		"Origin": {false, true}, "Referer": {false, true}, "Sec-Fetch-Site": {false, true}, "sec-fetch-mode": {false, true},
		"Forwarded": {true, false}, "Via": {true, false}, "X-Forwarded-For": {true, false}, "x-forwarded-host": {true, false},
		"Authorization": {false, false}, "Accept": {false, false}, "X-Forward": {false, false},
	} {
		h := http.Header{}
		h.Add(name, "x")
		if got := [2]bool{loopback.Proxied(h), loopback.Browsed(h)}; got != want {
			t.Errorf("%s: proxied, browsed %v, want %v", name, got, want)
		}
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	text, token := loopback.NewToken()
	other, _ := loopback.NewToken()
	if len(text.Reveal()) != 43 || text.Reveal() == other.Reveal() {
		t.Errorf("texts of %d characters, equal: %v", len(text.Reveal()), text.Reveal() == other.Reveal())
	}
	same := loopback.TokenOf(text.Reveal())
	if !token.Is(text.Reveal()) || !same.Is(text.Reveal()) {
		t.Error("its own text is not the token's")
	}
	for _, wrong := range []string{"", other.Reveal(), text.Reveal() + "x", text.Reveal()[:42], "Bearer " + text.Reveal()} {
		if token.Is(wrong) {
			t.Errorf("%s is the token's", strconv.Quote(wrong))
		}
	}
	if (&loopback.Token{}).Is("") {
		t.Error("no token is one")
	}
}
