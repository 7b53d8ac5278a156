package mutants_test

func keeper() []mutant {
	const file, snapshot, pkg = "server/keeper.go", "server/snapshot.go", "server"
	return []mutant{
		{10, snapshot, `const least = time.Minute`, `const least = time.Second`, pkg, "TestLeast"},
		{10, snapshot, `const least = time.Minute`, `const least = 59 * time.Second`, pkg, "TestLeast"},
		{10, snapshot, `return s != nil && s.expires.Sub(now) >= least`, `return s != nil && s.expires.After(now)`, pkg, "TestLeast"},
		{10, snapshot, `	case c.Expires.Sub(now) < least:`, `	case c.Expires.Before(now):`, pkg, "TestUnfit"},
		{10, snapshot, `case blank(c.AccessKeyID):`, `case false:`, pkg, "TestUnfit"},
		{10, snapshot, `case blank(c.SecretAccessKey):`, `case false:`, pkg, "TestUnfit"},
		{10, snapshot, `case blank(c.SessionToken):`, `case false:`, pkg, "TestUnfit"},
		{10, snapshot, `case !c.CanExpire || c.Expires.IsZero():`, `case !c.CanExpire:`, pkg, "TestUnfit"},
		{10, snapshot, `case !c.CanExpire || c.Expires.IsZero():`, `case c.Expires.IsZero():`, pkg, "TestUnfit"},
		{10, snapshot, `return strings.TrimSpace(text) == ""`, `return strings.TrimSuffix(text, "\n") == ""`, pkg, "TestUnfit"},
		{10, file, `if k.ended || k.flight != nil {`, `if k.ended {`, pkg, "TestOneCall"},
		{10, file, "	if s := k.current.Load(); s.serves(k.now()) {\n		return s, nil\n	}\n	if f := k.fetch(true)", "	k.ctx = ctx\n	if s := k.current.Load(); s.serves(k.now()) {\n		return s, nil\n	}\n	if f := k.fetch(true)", pkg, "TestOneCall"},
		{10, file, "	k.current.Store(s)\n", "	if old := k.current.Load(); old != nil {\n		old.keyID, old.token, old.expires = s.keyID, s.token, s.expires\n		return nil\n	}\n	k.current.Store(s)\n", pkg, "TestSleep"},
		{10, file, "	k.current.Store(s)\n", "	if old := k.current.Load(); old != nil {\n		mixed := *s\n		mixed.container = append(old.container[:40:40], s.container[40:]...)\n		s = &mixed\n	}\n	k.current.Store(s)\n", pkg, "TestWhole"},
		{10, file, ` || s.is(creds) && s.serves(k.now()) {`, ` || s.is(creds) {`, pkg, "TestStale"},
		{10, file, `requested && (k.asking || k.now().Before(k.next))`, `requested && k.asking`, pkg, "TestFailing"},
		{10, file, "			if k.current.Load() != nil || k.troubled() { // something was asked for\n				k.fetch(false)\n			}\n", "", pkg, "TestAhead"},
		{10, file, `			if k.current.Load() != nil || k.troubled() { // something was asked for`, `			if true {`, pkg, "TestAhead"},
		{9, file, `"the credentials of "+k.source.Name+" could not be renewed"`, `"the credentials could not be renewed: "+k.err.Error()`, pkg, "TestRefusals"},
		{9, file, `person, err = false, k.panicked()`, `person, err = false, errors.New(p.(string))`, pkg, "TestHooks"},
		{11, file, `patience = 900 * time.Millisecond`, `patience = 3 * time.Second`, pkg, "TestSlow"},
		{11, file, "		case <-timer.C:\n		case <-ctx.Done():", "		case <-ctx.Done():", pkg, "TestSlow"},
		{11, file, `min(longestPause, max(time.Second, k.next.Sub(k.now())))`, `k.next.Sub(k.now())`, pkg, "TestSlow"},
		{11, file, `min(longestPause, max(time.Second, k.next.Sub(k.now())))`, `max(time.Second, k.next.Sub(k.now()))`, pkg, "TestClockBack"},
		{11, file, `u.code, u.message = CodePerson, `, `u.message = `, pkg, "TestPerson"},
		{11, file, "	go func() {\n		defer k.work.Done()\n		k.ask(why)\n		k.mu.Lock()", "	func() {\n		defer k.work.Done()\n		k.mu.Unlock()\n		k.ask(why)\n		k.mu.Lock()", pkg, "TestPerson"},
		{11, file, `if k.asking || k.ended ||`, `if k.ended ||`, pkg, "TestPerson"},
		{11, file, ` || k.now().Before(k.askNext) {`, ` {`, pkg, "TestPersonInBackground"},
		{11, file, `if f.requested && !serving {`, `if !serving {`, pkg, "TestPersonInBackground"},
		{11, file, `k.flight.requested = k.flight.requested || requested`, ``, pkg, "TestJoined"},
		{11, file, "	go func() {\n		defer k.work.Done()\n		f.person, f.err = k.call()\n		k.land(f)\n	}()", "	k.mu.Unlock()\n	f.person, f.err = k.call()\n	k.land(f)\n	k.work.Done()\n	k.mu.Lock()", pkg, "TestSlow"},
		{16, file, "		if p := recover(); p != nil {\n			person", "		if p := any(nil); p != nil {\n			person", pkg, "TestPanic"},
		{16, file, "		if p := recover(); p != nil {\n			k.tell", "		if p := any(nil); p != nil {\n			k.tell", pkg, "TestHooks"},
	}
}

// ends are how a server ends.
func ends() []mutant {
	const file, pkg, below = "server/server.go", "server", "internal/loopback/server.go"
	return []mutant{
		{7, file, `peers := loopback.Own` + "\n", `peers := loopback.Anybody` + "\n", pkg, "TestOtherUser"},
		{7, file, `peers, s.hosts = loopback.OwnOrRoot,`, `peers, s.hosts = loopback.Anybody,`, pkg, "TestOtherUser"},
		{16, file, `func (s *Server) Ended() <-chan struct{} { return s.http.Ended() }`, `func (s *Server) Ended() <-chan struct{} { return nil }`, pkg, "TestEnded"},
		{16, file, "	if err := s.http.Err(); !errors.Is(err, loopback.ErrClosed) {\n		return err\n	}\n", "", pkg, "TestEnded"},
		{16, file, `!errors.Is(err, loopback.ErrClosed) {`, `err != nil {`, pkg, "TestEnded"},
		{16, below, `io.Discard`, `io.MultiWriter(log.Default().Writer())`, "internal/loopback", "TestErrorLog"},
		{17, file, `Drain: drain}`, `Drain: 0 * drain}`, pkg, "TestCloseWaits"},
		{17, file, `const drain = 2 * time.Second`, `const drain = time.Millisecond`, pkg, "TestCloseWaits"},
		{17, file, "		s.stop()\n		for", "		for", pkg, "TestCloseWaits"},
		{17, file, `			k.end()`, `			_ = k`, pkg, "TestCloseWaits"},
		{17, "server/keeper.go", `	k.work.Wait()`, ``, pkg, "TestCloseWaits"},
		{17, below, `err = s.http.Shutdown(ctx)`, `err = errors.Join(ctx.Err(), s.http.Close())`, "internal/loopback", "TestClose"},
		{17, below, `err = s.http.Close() // first: what is not done is not answered`, `err = nil`, "internal/loopback", "TestClose"},
		{17, below, `context.WithTimeout(context.Background(), s.drain)`, `context.WithTimeout(context.Background(), time.Minute)`, "internal/loopback", "TestClose"},
		{17, below, "		s.stop()\n", "", "internal/authcode", "TestCloseDuringADelay"},
		{17, below, "		s.conns.Wait()\n", "", "internal/loopback", "TestCloseWaits"},
	}
}
