package mutants_test

// addresses are those that are listened on and called by.
func addresses() []mutant {
	const file, pkg = "internal/loopback/loopback.go", "internal/loopback"
	return []mutant{
		{1, file, `address = "127.0.0.1:0"`, `address = "0.0.0.0:0"`, pkg, "TestListen"},
		{1, file, `case !ap.Addr().IsLoopback() ||`, `case false ||`, pkg, "TestListen"},
		{1, file, ` || ap.Addr().Zone() != ""`, ``, pkg, "TestListen"},
		{1, file, `return nil, &AddressError{address, "IP:PORT"}`, `return net.Listen("tcp", address)`, pkg, "TestListen"},
		{1, file, `return net.Listen(network, ap.String())`, `l, err := net.Listen(network, ap.String()); if err != nil { return Listen("") }; return l, nil`, pkg, "TestListenBusy"},
		{1, "server/server.go", `{ return loopback.Listen(address) }`, `{ _, err := loopback.Listen("x"); if err != nil { return net.Listen("tcp", address) }; return nil, err }`, "server", "TestListen"},
		{2, file, `hosts[net.JoinHostPort(name, strconv.Itoa(tcp.Port))] = true`, `hosts[bracketed(name)] = strconv.Itoa(0) != ""`, pkg, "TestHosts"},
		{2, file, `if tcp.Port == 80 {`, `if tcp.Port != 0 {`, pkg, "TestHosts"},
		{2, file, `"127.0.0.1", "::1", "localhost"}`, `"127.0.0.1", "::1", "localhost", "0.0.0.0"}`, pkg, "TestHosts"},
		{2, file, `"127.0.0.1", "::1", "localhost"}`, `"127.0.0.1", "::1"}`, pkg, "TestHosts"},
		{3, file, `name == "Forwarded" || `, ``, pkg, "TestStrangers"},
		{3, file, `name == "Via" || `, ``, pkg, "TestStrangers"},
		{3, file, ` || strings.HasPrefix(name, "X-Forwarded-")`, ``, pkg, "TestStrangers"},
		{3, file, `"X-Forwarded-"`, `"X-Forwarded-For"`, pkg, "TestStrangers"},
		{3, file, `name == "Origin" || `, ``, pkg, "TestStrangers"},
		{3, file, `name == "Referer" || `, ``, pkg, "TestStrangers"},
		{3, file, ` || strings.HasPrefix(name, "Sec-Fetch-")`, ``, pkg, "TestStrangers"},
		{3, file, `"Sec-Fetch-"`, `"Sec-Fetch-Site"`, pkg, "TestStrangers"},
	}
}

// handler is what happens before anything is looked at, and to every answer.
func handler() []mutant {
	const file, pkg = "server/handler.go", "server"
	return []mutant{
		{2, file, `case !s.hosts[x.r.Host] && !(isMetadata && s.metaHosts[x.r.Host]):`, `case false:`, pkg, "TestRefused"},
		{2, file, `case !s.hosts[x.r.Host] && !(isMetadata && s.metaHosts[x.r.Host]):`, `case !s.hosts[x.r.Header.Get("Host")]:`, pkg, "TestRefused"},
		{2, file, `!(isMetadata && s.metaHosts[x.r.Host]):`, `!s.metaHosts[x.r.Host]:`, pkg, "TestMetadataHost"},
		{2, file, `!s.hosts[x.r.Host] && !(`, `!s.hosts[x.r.Host] && (isMetadata || strings.HasPrefix(x.r.URL.Path, containerPath)) && !(`, pkg, "TestHostFirst"},
		{2, file, `!s.hosts[x.r.Host] && !(`, `x.r.Method != http.MethodOptions && !s.hosts[x.r.Host] && !(`, pkg, "TestHostFirst"},
		{2, file, `!s.hosts[x.r.Host] && !(`, `!loopback.Browsed(x.r.Header) && !s.hosts[x.r.Host] && !(`, pkg, "TestHostFirst"},
		{2, file, `x.refuse(http.StatusMisdirectedRequest)`, `x.refuse(http.StatusNotFound)`, pkg, "TestRefused"},
		{2, "server/server.go", `loopback.HostsOf(nil, "169.254.169.254", "169.254.169.254:80")`, `loopback.HostsOf(nil, "169.254.169.254")`, pkg, "TestMetadataHost"},
		{2, "server/server.go", `loopback.HostsOf(nil, "169.254.169.254", "169.254.169.254:80")`, `loopback.HostsOf(nil, "169.254.169.254:80")`, pkg, "TestMetadataHost"},
		{3, file, `loopback.Browsed(x.r.Header), `, ``, pkg, "TestRefused"},
		{3, file, `, loopback.Proxied(x.r.Header):`, `:`, pkg, "TestRefused"},
		{4, file, `x.r.Method == http.MethodOptions, `, ``, pkg, "TestRefused"},
		{4, file, `	h.Set("Cache-Control", "no-store")`, `	h.Set("Cache-Control", "no-store"); h.Set("Access-Control-Allow-Origin", "*")`, pkg, "TestRefused"},
		{4, file, "	default:\n		x.refuse(http.StatusNotFound)", "	default:\n		x.refuse(http.StatusOK)", pkg, "TestRefused"},
		{4, file, "	default:\n		x.refuse(http.StatusNotFound)", "	default:\n		http.NotFound(x.w, x.r)", pkg, "TestRefused"},
		{4, file, "	default:\n		x.refuse(http.StatusNotFound)", "	default:\n		http.Redirect(x.w, x.r, containerPath, http.StatusFound)", pkg, "TestRefused"},
		{4, file, `if x.r.Method == method {`, `if x.r.Method == method || x.r.Method == http.MethodHead {`, pkg, "TestRefused"},
		{4, file, `if x.r.Method == method {`, `if x.r.Method == method || x.r.Method == http.MethodPost {`, pkg, "TestRefused"},
		{4, file, `x.w.Header().Set("Allow", method)`, ``, pkg, "TestRefusals"},
		{4, file, `x.write(status, "", nil) }`, `x.write(status, "", []byte(http.StatusText(status))) }`, pkg, "TestRefused"},
		{8, file, `case !x.bodyFits():`, `case false:`, pkg, "TestBody"},
		{8, file, `maxBody = 64 << 10`, `maxBody = 128 << 10`, pkg, "TestBody"},
		{8, file, `if x.r.ContentLength == 0 {`, `if x.r.ContentLength <= 0 {`, pkg, "TestBody"},
		{8, file, "	x.part()\n	x.empty(status)", "	x.empty(status)", pkg, "TestRefusals"},
		{9, file, `h.Set("Cache-Control", "no-store")`, ``, pkg, "TestRefusals"},
		{9, file, `h.Set("X-Content-Type-Options", "nosniff")`, ``, pkg, "TestRefusals"},
		{9, file, `h.Set("Content-Type", contentType)`, `_ = contentType`, pkg, "TestAnswers"},
		{9, file, `x.write(status, "application/json", body)`, `x.write(status, "text/html", body)`, pkg, "TestAnswers"},
		{9, file, "	x.w.WriteHeader(status)\n	_, _ = x.w.Write(body) //", "	_, _ = x.w.Write(body)\n	x.w.WriteHeader(status) //", pkg, "TestRefusals"},
		{16, file, `Method: methodName(r.Method)`, `Method: r.Method`, pkg, "TestSeen"},
		{16, file, `Route: x.route`, `Route: r.URL.Path`, pkg, "TestSeen"},
		{16, file, `Route: x.route`, `Route: r.URL.String()`, pkg, "TestSeen"},
	}
}

func container() []mutant {
	const file, pkg, token = "server/container.go", "server", "internal/loopback/token.go"
	return []mutant{
		{4, file, `if !x.only(http.MethodGet) {`, `if false {`, pkg, "TestRefused"},
		{5, file, `if !known {`, `if !known && false {`, pkg, "TestToken"},
		{5, file, `if !known {`, `if !known && x.r.Header.Get("Authorization") != "" {`, pkg, "TestToken"},
		{5, file, `x.r.Header.Get("Authorization"))`, `x.r.Header.Get("Authorization") + x.r.URL.Query().Get("token"))`, pkg, "TestTokenPlace"},
		{5, file, `c.opens(x.r.Header.Get("Authorization"))`, `c.opens(strings.TrimPrefix(x.r.Header.Get("Authorization"), "Bearer "))`, pkg, "TestToken"},
		{5, file, `if c.grants[i].token.Same(token) {`, `if c.grants[i].token == token {`, "internal/mutants", "TestConstantTime"},
		{5, file, `names, known = c.grants[i].names, true`, `return c.grants[i].names, true`, "internal/mutants", "TestConstantTime"},
		{5, token, `{ return subtle.ConstantTimeCompare(of[:], t[:]) == 1 }`, `{ return of == *t }`, "internal/mutants", "TestConstantTime"},
		{5, token, `{ return t.Same(TokenOf(text)) }`, `{ return *t == TokenOf(text) }`, "internal/mutants", "TestConstantTime"},
		{5, token, `{ return subtle.ConstantTimeCompare(of[:], t[:]) == 1 }`, `{ return subtle.ConstantTimeCompare(of[:4], t[:4]) >= 0 }`, "internal/loopback", "TestToken"},
		{5, token, `var b [32]byte`, `var b [16]byte`, "internal/loopback", "TestToken"},
		{5, token, `	_, _ = rand.Read(b[:]) // never fails`, `	_, _ = rand.Read(nil)`, "internal/loopback", "TestToken"},
		{5, token, `return sha256.Sum256([]byte(text))`, `return sha256.Sum256([]byte(text[:min(len(text), 42)]))`, "internal/loopback", "TestToken"},
		{6, file, `|| !slices.Contains(names, name) {`, `|| len(names) == 0 {`, pkg, "TestToken"},
		{6, file, `return g.token.Same(token) })`, `return false && g.token.Same(token) })`, pkg, "TestToken"},
		{6, file, `return g.token.Same(token) })`, `return true || g.token.Same(token) })`, pkg, "TestToken"},
		{6, file, `slices.Clone(names)`, `names`, pkg, "TestGrantKeeps"},
		{6, file, "	if !known {\n		c.tries", "	if c.keepers[strings.TrimPrefix(x.r.URL.Path, containerPath)] == nil {\n		x.empty(http.StatusNotFound)\n		return\n	}\n	if !known {\n		c.tries", pkg, "TestToken"},
		{8, file, `c.tries.Refused(x.r.Context())`, ``, pkg, "TestGuessing"},
		{8, file, "		x.part()\n", "", pkg, "TestFlood"},
		{9, file, `x.fail(http.StatusServiceUnavailable, u.code, u.message)`, `x.empty(http.StatusServiceUnavailable)`, pkg, "TestRefusals"},
		{11, file, `x.fail(http.StatusServiceUnavailable, u.code, u.message)`, `x.fail(http.StatusInternalServerError, u.code, u.message)`, pkg, "TestUnfit"},
		{11, file, `x.w.Header().Set("Retry-After", strconv.Itoa(seconds(u.after)))`, `_ = strconv.Itoa(seconds(u.after))`, pkg, "TestUnfit"},
		{16, file, `x.route = containerPath + "{name}"`, `x.route = x.r.URL.Path`, pkg, "TestSeen"},
	}
}

func metadata() []mutant {
	const file, tokens, pkg = "server/metadata.go", "internal/loopback/sessiontokens.go", "server"
	return []mutant{
		{4, file, "	if !x.only(http.MethodGet) {\n		return\n	}\n", "", pkg, "TestRefused"},
		{8, file, `m.tries.Refused(x.r.Context())`, ``, pkg, "TestGuessing"},
		{12, file, `if x.only(http.MethodPut) {`, `if true {`, pkg, "TestMetadataToken"},
		{12, tokens, `seconds < 1 ||`, `seconds < 0 ||`, pkg, "TestMetadataToken"},
		{12, tokens, `seconds < 1 ||`, `seconds < 2 ||`, pkg, "TestMetadataToken"},
		{12, tokens, `maxTokenSeconds = 21600`, `maxTokenSeconds = 21601`, pkg, "TestMetadataToken"},
		{12, tokens, `maxTokenSeconds = 21600`, `maxTokenSeconds = 21599`, pkg, "TestMetadataToken"},
		{12, file, `x.refuse(http.StatusBadRequest)`, `x.refuse(http.StatusForbidden)`, pkg, "TestMetadataToken"},
		{12, file, `x.refuse(http.StatusUnauthorized)`, `x.refuse(http.StatusForbidden)`, pkg, "TestMetadataToken"},
		{12, file, `x.w.Header().Set(loopback.TTLHeader, ttl)`, ``, pkg, "TestMetadataToken"},
		{12, file, `if !m.allows(x, now) {`, `if false {`, pkg, "TestMetadataToken"},
		{12, file, `return m.v1`, `return true`, pkg, "TestMetadataToken"},
		{12, file, `return m.v1`, `return false`, pkg, "TestV1"},
		{12, tokens, `return known && now.Before(end)`, `return known || now.Before(end)`, pkg, "TestMetadataToken"},
		{12, tokens, `return known && now.Before(end)`, `return known && !now.After(end)`, pkg, "TestMetadataToken"},
		{12, file, `given := x.r.Header.Get(loopback.TokenHeader)`, `given := x.r.Header.Get(loopback.TokenHeader) + x.r.URL.Query().Get("token")`, pkg, "TestTokenPlace"},
		{12, tokens, `maxTokens       = 256`, `maxTokens       = 1 << 20`, pkg, "TestMetadataTokens"},
		{12, tokens, `maxTokens       = 256`, `maxTokens       = 255`, pkg, "TestMetadataTokens"},
		{12, tokens, `delete(t.ends, t.order[0])`, ``, pkg, "TestMetadataTokens"},
		{12, tokens, "		delete(t.ends, t.order[0])\n		t.order = append(t.order[:0], t.order[1:]...)", "		return", pkg, "TestMetadataTokens"},
		{12, "server/server.go", `Near: s.metadata != nil, `, ``, pkg, "TestNear"},
		{12, "internal/loopback/server.go", `if hopLimit(conn, 1) == nil {`, `if hopLimit(conn, 2) == nil {`, "internal/loopback", "TestNear"},
		{16, file, `x.route = metadataPath + "{path}"`, `x.route = x.r.URL.Path`, pkg, "TestSeen"},
	}
}
