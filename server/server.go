// Package server owns the endpoints that programs fetch credentials from while
// they run: the one that ECS and EKS put beside a container, and the instance
// metadata service (IMDSv2). Both stand over any aws.CredentialsProvider, renew
// ahead of the expiry, and hand out nothing that is about to end.
//
// Every listener here is for programs of the same user on the same machine. What
// comes from elsewhere (another user, a page in a browser, a proxy) is refused
// before it is looked at. The package must not know profiles, terminals, nor where
// credentials come from.
//
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
// and https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html.
package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/internal/loopback"
	"github.com/latchkey-aws/latchkey/secret"
)

// Source is what is served under a name.
type Source struct {
	// Name is the last part of the container endpoint's path, and what people know
	// the credentials by.
	Name string
	// Provider is asked again and again, from the time that is before the expiry on
	// its own: it must keep credentials and renew them ahead, as those of package
	// latchkey and session.NewCache do, and must not ask a person. It must return
	// soon when its context ends: Close waits for it.
	Provider aws.CredentialsProvider
	// Hint tells whoever asks, in a client's error message, what a person is to run
	// while there are no credentials.
	Hint string
	// Region is that of the instance in the metadata service; "" is none.
	Region string
	// NeedsPerson reports whether an error of the provider ends only when a person
	// does something. Nil: none does.
	NeedsPerson func(error) bool
	// Ask is called, by one goroutine at a time, when a request cannot be answered
	// because a person is needed. The provider is asked again when it returns. It
	// must return soon when its context ends. Nil: nobody is asked.
	Ask func(context.Context, error)
	// Failed is told of each failure of the provider, and whether there are
	// credentials to serve all the same. It must not block. Nil: nobody is told.
	Failed func(err error, serving bool)
}

// Options say what a server serves.
type Options struct {
	// Sources are what the container endpoint serves, with different names, each to
	// whom it was granted.
	Sources []Source
	// Metadata is the name of the one that the instance metadata service serves, to
	// every program of the user, and of other users where the system does not tell
	// whose a connection is: only Linux does. "": there is no such service.
	Metadata string
	// V1 has the metadata service answer requests without a token as well, which
	// any program that can be made to fetch an address gets at.
	V1 bool
	// Now is the clock that expiry is judged by. Required.
	Now func() time.Time
	// Seen is told of each request that was answered. It must not block. Nil:
	// nobody is told.
	Seen func(Request)
}

// Request is what may be known of a request: neither its address nor its headers.
type Request struct {
	Method string        // as sent, "other" if it is none of the usual ones
	Route  string        // pattern of the path, such as /v1/credentials/{name}; "" before routing
	Status int           // HTTP status of the answer
	Took   time.Duration // until the answer was written
}

// Server serves on one listener.
type Server struct {
	now       func() time.Time
	seen      func(Request)
	hosts     loopback.Hosts
	metaHosts loopback.Hosts // by which only the metadata service is called
	url       string

	container *container
	metadata  *metadata
	keepers   []*keeper
	http      *loopback.Server
	stop      context.CancelFunc
	once      sync.Once
}

// drain is how long requests under way may take when the server closes.
const drain = 2 * time.Second

// Start serves on l, from [Listen] or [ListenSocket], until [Server.Close], which
// closes l. Nothing is fetched before it is asked for or [Server.Fetch] is called.
func Start(l net.Listener, o Options) (*Server, error) {
	if o.Now == nil {
		return nil, errors.New("server: Options.Now is required")
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{now: o.Now, seen: o.Seen, stop: stop}
	s.container = &container{keepers: make(map[string]*keeper)}
	for _, source := range o.Sources {
		if s.container.keepers[source.Name] != nil {
			stop()
			return nil, errors.New("server: two sources have the name " + source.Name)
		}
		k := newKeeper(ctx, source, s.now)
		s.container.keepers[source.Name], s.keepers = k, append(s.keepers, k)
	}
	if o.Metadata != "" {
		s.metadata = &metadata{keeper: s.container.keepers[o.Metadata], v1: o.V1}
		if s.metadata.keeper == nil {
			stop()
			return nil, errors.New("server: no source has the name " + o.Metadata)
		}
	}
	peers := loopback.Own
	if _, tcp := l.Addr().(*net.TCPAddr); tcp {
		s.hosts, s.url = loopback.HostsOf(l.Addr()), "http://"+l.Addr().String()
		s.metaHosts = loopback.HostsOf(nil, "169.254.169.254", "169.254.169.254:80")
	} else {
		// Whom the file's mode lets in: in a container that is root most often.
		peers, s.hosts = loopback.OwnOrRoot, loopback.HostsOf(l.Addr(), "localhost")
	}
	for _, k := range s.keepers {
		k.begin()
	}
	s.http = loopback.Serve(l, loopback.Options{Handler: s, Peers: peers, Near: s.metadata != nil, Drain: drain})
	return s, nil
}

// Listen binds a loopback address, written IP:PORT; "" is a free port of
// 127.0.0.1. Names and other addresses are an error, and so is a port that is
// taken.
func Listen(address string) (net.Listener, error) { return loopback.Listen(address) }

// ListenSocket listens on a socket of the file system that its owner and root may
// use, and nobody else.
func ListenSocket(path string) (net.Listener, error) { return loopback.ListenSocket(path) }

// URL is the base of all endpoints, without a slash at its end; "" on a socket.
func (s *Server) URL() string { return s.url }

// Path is where the container endpoint has the credentials of a source.
func Path(name string) string { return containerPath + url.PathEscape(name) }

// Grant makes a token that opens the credentials of the sources with these names,
// and of no others, until [Server.Revoke] or the end of the server.
func (s *Server) Grant(names ...string) secret.Text { return s.container.grant(names) }

// Revoke ends a token.
func (s *Server) Revoke(token secret.Text) { s.container.revoke(token) }

// Fetch fetches the credentials of all sources that have none, and returns when
// they are there. Errors: the first provider's, or *[UnfitError].
func (s *Server) Fetch(ctx context.Context) error {
	for _, k := range s.keepers {
		if _, err := k.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Ended is closed when the server does not serve any more.
func (s *Server) Ended() <-chan struct{} { return s.http.Ended() }

// Err is why it does not: nil after Close. It waits for the end.
func (s *Server) Err() error {
	if err := s.http.Err(); !errors.Is(err, loopback.ErrClosed) {
		return err
	}
	return nil
}

// Close stops accepting, gives the requests under way two seconds, and returns
// when nothing of the server runs any more. Closing twice is harmless.
func (s *Server) Close() error {
	err := s.http.Close()
	s.once.Do(func() {
		s.stop()
		for _, k := range s.keepers {
			k.end()
		}
	})
	return err
}

var _ http.Handler = (*Server)(nil)
