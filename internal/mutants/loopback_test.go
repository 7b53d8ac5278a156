package mutants_test

func loopbackServer() []mutant {
	const file, listener, token, pkg = "internal/loopback/server.go", "internal/loopback/listener.go", "internal/loopback/token.go", "internal/loopback"
	return []mutant{
		{4, file, `DisableGeneralOptionsHandler: true,`, ``, pkg, "TestOptions"},
		{8, file, `headerTimeout = 5 * time.Second`, `headerTimeout = 50 * time.Second`, pkg, "TestLimits"},
		{8, file, `readTimeout   = 10 * time.Second`, `readTimeout   = 100 * time.Second`, pkg, "TestLimits"},
		{8, file, `writeTimeout  = 30 * time.Second`, `writeTimeout  = 300 * time.Second`, pkg, "TestLimits"},
		{8, file, `idleTimeout   = 60 * time.Second`, `idleTimeout   = 600 * time.Second`, pkg, "TestLimits"},
		{8, file, `maxHeader     = 8 << 10`, `maxHeader     = 80 << 10`, pkg, "TestLimits"},
		{8, file, `ReadHeaderTimeout:            headerTimeout,`, ``, pkg, "TestLimits"},
		{8, file, `ReadTimeout:                  readTimeout,`, ``, pkg, "TestLimits"},
		{8, file, `WriteTimeout:                 writeTimeout,`, ``, pkg, "TestLimits"},
		{8, file, `IdleTimeout:                  idleTimeout,`, ``, pkg, "TestLimits"},
		{8, file, `MaxHeaderBytes:               o.MaxHeader,`, ``, pkg, "TestLimits"},
		{8, file, "	if o.MaxHeader == 0 {\n		o.MaxHeader = maxHeader\n	}\n", "", pkg, "TestLimits"},
		{8, listener, `const maxConnections = 1024`, `const maxConnections = 10240`, pkg, "TestLimits"},
		{8, listener, "	case g.slots <- struct{}{}:\n	case <-g.closed:", "	case g.slots <- struct{}{}:\n	default:\n	case <-g.closed:", pkg, "TestSlots"},
		{8, listener, `c.once.Do(func() { <-c.slots })`, `c.once.Do(func() {})`, pkg, "TestSlots"},
		{8, token, `freeTries = 100`, `freeTries = 1000`, pkg, "TestLimits"},
		{8, token, `tryDelay  = time.Second`, `tryDelay  = time.Millisecond`, pkg, "TestLimits"},
		{8, token, `if t.n.Add(1) > freeTries {`, `if t.n.Add(1) > freeTries+1 {`, pkg, "TestTries"},
		{8, token, `if t.n.Add(1) > freeTries {`, `if t.n.Load() > freeTries {`, pkg, "TestTries"},
		{8, token, `pause.For(ctx, tryDelay)`, `pause.For(context.WithoutCancel(ctx), tryDelay)`, pkg, "TestTries"},
		{13, file, `s.http.SetKeepAlivesEnabled(!o.Single)`, ``, pkg, "TestSingle"},
		{16, file, `	return s.err`, `	return nil`, pkg, "TestEnd"},
		{16, file, "		close(s.ended)\n", "", pkg, "TestEnd"},
	}
}

func peers() []mutant {
	const listener, linux, proc, socket, pkg = "internal/loopback/listener.go", "internal/loopback/peer_linux.go", "internal/loopback/peer_proc_linux.go",
		"internal/loopback/socket.go", "internal/loopback"
	return []mutant{
		{7, listener, `if g.peers.welcome(conn) {`, `if true {`, pkg, "TestOtherUser"},
		{7, listener, `return uid == self() || p == OwnOrRoot && uid == 0`, `return uid >= 0`, pkg, "TestOtherUser"},
		{7, listener, `case gone, untold:` + "\n		return false", `case gone, untold:` + "\n		return true", pkg, "TestPeers"},
		{7, listener, `case gone, untold:`, `case gone:`, pkg, "TestPeersWithoutFiles"},
		{7, listener, `if p == Anybody {`, `if p != Anybody {`, pkg, "TestOtherUser"},
		{7, linux, "	if binary.NativeEndian.Uint32(b[answerInode:]) == 0 {\n		return 0, gone, nil\n	}\n", "", pkg, "TestPeers"},
		{7, linux, `if binary.BigEndian.Uint16(b[answerPorts:]) != client.Port() ||`, `if false &&`, pkg, "TestListenerIsNoPeer"},
		{7, linux, `if code == unix.ENOENT {`, `if code == 0 {`, pkg, "TestPeers"},
		{7, linux, `client, server := c.RemoteAddr().(*net.TCPAddr).AddrPort(), c.LocalAddr().(*net.TCPAddr).AddrPort()`,
			`server, client := c.RemoteAddr().(*net.TCPAddr).AddrPort(), c.LocalAddr().(*net.TCPAddr).AddrPort()`, pkg, "TestOtherUser"},
		{7, linux, `uid, known = int(c.Uid), found`, `uid, known = 0*int(c.Uid)+self(), found`, pkg, "TestSocket"},
		{7, proc, `|| fields[9] == "0" {`, `{`, pkg, "TestPeers"},
		{7, proc, `uid, err := strconv.Atoi(fields[7])`, `_, err := strconv.Atoi(fields[7]); uid := os.Getuid()`, pkg, "TestListedOther"},
		{7, proc, "		if err != nil { // too many open files, say\n			best = untold", "		if err != nil {\n			best = unknown", pkg, "TestPeersWithoutFiles"},
		{7, proc, `if errors.Is(err, fs.ErrNotExist) {`, `if err != nil || errors.Is(err, fs.ErrNotExist) {`, pkg, "TestPeersWithoutFiles"},
		{7, socket, `os.Chmod(s.hidden(), 0o600)`, `os.Chmod(s.hidden(), 0o666)`, pkg, "TestListenSocket"},
		{7, socket, `return filepath.Join(s.folder, "s") }`, `return s.path + ".s" }`, pkg, "TestListenSocketHidden"},
		{1, socket, `return path, free(path)`, `return path, nil`, pkg, "TestListenSocket"},
		{1, socket, `case info.Mode()&fs.ModeSocket == 0:`, `case info.Mode()&fs.ModeSocket < 0:`, pkg, "TestListenSocketLeft"},
		{1, socket, `return &BusyError{path, "may be listened on by another process"}`, ``, pkg, "TestListenSocketFull"},
		{17, socket, `			_ = os.Remove(s.path)`, ``, pkg, "TestListenSocket"},
		{17, socket, `err == nil && os.SameFile(info, s.made) {`, `err == nil && info != nil {`, pkg, "TestListenSocketLeft"},
		{17, socket, `	return os.Remove(path)` + "\n}", `	return &BusyError{path, "is there"}` + "\n}", pkg, "TestListenSocketLeft"},
	}
}

// callback is the listener that the browser is sent back to.
func callback() []mutant {
	const file, listener, page, pkce, pkg = "internal/authcode/callback.go", "internal/authcode/listener.go", "internal/authcode/page.go",
		"internal/authcode/pkce.go", "internal/authcode"
	return []mutant{
		{2, file, `if !l.hosts[r.Host] {`, `if false {`, pkg, "TestStrayRequests"},
		{13, file, `if r.URL.EscapedPath() != path {`, `if r.URL.Path != path {`, pkg, "TestStrayRequests"},
		{13, file, `if r.URL.EscapedPath() != path {`, `if len(r.URL.EscapedPath()) < len(path) || r.URL.EscapedPath()[:len(path)] != path {`, pkg, "TestStrayRequests"},
		{13, file, `case http.MethodGet:`, `case http.MethodGet, http.MethodHead:`, pkg, "TestStrayRequests"},
		{13, file, `case http.MethodGet:`, `case http.MethodGet, http.MethodPost:`, pkg, "TestStrayRequests"},
		{13, file, `case http.MethodOptions: //`, `case "NONE": //`, pkg, "TestStrayRequests"},
		{13, file, `if loopback.Prefetched(r.Header) {`, `if false && loopback.Prefetched(r.Header) {`, pkg, "TestStrayRequests"},
		{13, file, `if !ok || !l.state.Is(query["state"]) {`, `if !ok {`, pkg, "TestStrayRequests"},
		{13, file, `!l.state.Is(query["state"]) {`, `l.state != loopback.TokenOf(query["state"]) {`, "internal/mutants", "TestConstantTime"},
		{13, file, `l.misses.Refused(r.Context())`, ``, pkg, "TestGuessesAreSlowedDown"},
		{13, file, `		l.misses.Refused(r.Context())`, `		l.misses.Refused(r.Context()); l.answer <- answer{denied: &DeniedError{}}`, pkg, "TestStrayRequests"},
		{13, file, `(code == "") == (failed == "") ||`, `(code == "") && (failed == "") ||`, pkg, "TestStrayRequests"},
		{13, file, ` || !l.taken.CompareAndSwap(false, true) {`, ` {`, pkg, "TestOneSuccess"},
		{13, file, `if len(list) != 1 {`, `if len(list) == 0 {`, pkg, "TestStrayRequests"},
		{13, file, "	send(w, http.StatusOK, page)\n	l.answer <- a", "	l.answer <- a\n	send(w, http.StatusOK, page)", pkg, "TestWholePageBeforeTheEnd"},
		{13, listener, `defer func() { _ = l.Close() }()`, ``, pkg, "TestOneSuccess"},
		{13, listener, `const Patience = 10 * time.Minute`, `const Patience = 11 * time.Minute`, pkg, "TestPatience"},
		{13, listener, `patience: Patience,`, `patience: 2 * Patience,`, pkg, "TestPatience"},
		{13, listener, "	case <-timer.C:\n		return secret.Text{}, ErrPatience\n", "", pkg, "TestWaitEnds"},
		{13, listener, `if o.State == "" {`, `if false {`, pkg, "TestNoState"},
		{13, listener, `net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port))`, `net.JoinHostPort("127.0.0.1", strconv.Itoa(0*o.Port))`, pkg, "TestBusyPort"},
		{13, listener, `loopback.Listen(net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port)))`, `net.Listen("tcp", net.JoinHostPort("", strconv.Itoa(o.Port)))`, pkg, "TestOnlyLoopback"},
		{13, listener, `Single: true,`, ``, pkg, "TestWelcomeRequests"},
		{13, listener, `const maxHeader = 32 << 10`, `const maxHeader = 320 << 10`, pkg, "TestStrayRequests"},
		{13, page, `h.Set("Referrer-Policy", "no-referrer")`, ``, pkg, "TestPage"},
		{13, page, `h.Set("Cache-Control", "no-store")`, ``, pkg, "TestPage"},
		{13, page, `frame-ancestors 'none'; `, ``, pkg, "TestPage"},
		{13, pkce, `var random [32]byte`, `var random [16]byte`, pkg, "TestRandomTexts"},
		{13, pkce, `	_, _ = rand.Read(random[:]) // never fails`, `	_, _ = rand.Read(nil)`, pkg, "TestRandomTexts"},
		{13, pkce, `	_, _ = rand.Read(text[:]) // never fails`, `	_, _ = rand.Read(nil)`, pkg, "TestRandomTexts"},
		{13, pkce, `base64.RawURLEncoding.EncodeToString(sum[:])`, `verifier.Reveal() + base64.RawURLEncoding.EncodeToString(sum[:0])`, pkg, "TestChallenge"},
	}
}

// sandbox is the stand-in for AWS, which keeps to the same.
func sandbox() []mutant {
	const server, guard, check, pkg = "sandbox/server.go", "sandbox/guard.go", "sandbox/check.go", "sandbox"
	return []mutant{
		{19, check, `!strings.HasSuffix(k.ID, "EXAMPLE") ||`, ``, pkg, "TestParseWorld"},
		{19, check, `|| !strings.Contains(k.Secret, "EXAMPLE") ||`, `||`, pkg, "TestParseWorld"},
		{19, server, `if c.world(w); len(c.errs) > 0 {`, `if len(c.errs) > 0 {`, pkg, "TestNewChecks"},
		{19, "sandbox/iambelongings.go", `EncodeToString(random(10))[:9] + "EXAMPLE"`, `EncodeToString(random(10))[:16]`, pkg, "TestKeyLife"},
		{19, server, `loopback.Listen(o.Addr)`, `loopback.Listen("")`, pkg, "TestAddress"},
		{19, server, `Drain: 2 * time.Second}`, `Drain: 2 * time.Second, Peers: loopback.Anybody}`, pkg, "TestOtherUser"},
		{19, guard, `case !s.hosts[r.Host] && !(isMetadata && linkLocal):`, `case false && isMetadata && linkLocal:`, pkg, "TestGuard"},
		{19, guard, `case r.Method == http.MethodOptions, `, `case `, pkg, "TestGuard"},
		{19, guard, `, loopback.Proxied(r.Header):`, `:`, pkg, "TestGuard"},
		{19, guard, `, !isPage(r.URL) && loopback.Browsed(r.Header):`, `:`, pkg, "TestGuard"},
		{19, guard, `case !opened(r), `, `case `, pkg, "TestPageGuard"},
		{19, guard, `const maxBody = 64 << 10`, `const maxBody = 128 << 10`, pkg, "TestGuard"},
		{19, guard, `h.Set("X-Content-Type-Options", "nosniff")`, ``, pkg, "TestGuard"},
		{19, "sandbox/container.go", `if !sameText(x.r.Header.Get("Authorization"), s.container.token) {`, `if false {`, pkg, "TestContainer"},
		{19, "sandbox/container.go", `s.container.failures.Refused(x.r.Context())`, ``, pkg, "TestGuessing"},
		{19, "sandbox/metadata.go", `return m.tokens.Good(given, x.now)`, `return true`, pkg, "TestIMDS"},
		{19, "internal/loopback/sessiontokens.go", `if len(t.order) == maxTokens {`, `if false {`, pkg, "TestTokenLimit"},
		{19, "sandbox/sessions.go", `return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1`, `return a == b`, "internal/mutants", "TestConstantTime"},
		{19, server, `err := s.http.Close()`, `var err error`, pkg, "TestClose"},
	}
}
