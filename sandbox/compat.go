package sandbox

import (
	"fmt"
	"net/http"
)

// Compat names another stand-in that a server answers exactly like.
type Compat string

// CompatRusoto is rusoto's credential_service_mock: instance metadata without
// tokens, one role, credentials that ended in 2015, and 400 for all else.
const CompatRusoto Compat = "rusoto"

func (c Compat) check() error {
	if c != "" && c != CompatRusoto {
		return fmt.Errorf("sandbox: compat %q is not %s", string(c), CompatRusoto)
	}
	return nil
}

// The answers of credential_service_mock, byte by byte.
const (
	rusotoPath        = "/latest/meta-data/iam/security-credentials/"
	rusotoRole        = "testrole"
	rusotoCredentials = `{"Code":"Success","LastUpdated":"2015-08-04T00:09:23Z","Type":"AWS-HMAC","AccessKeyId":"Access_key_id_value",` +
		`"SecretAccessKey":"Secret_access_key_value","Token":"AAAAA","Expiration":"2015-08-04T06:32:37Z"}`
)

// serveRusoto answers with status and body, and with no header that the other does
// not send. What no client of it sends is refused before, as everywhere here.
func (s *Server) serveRusoto(w http.ResponseWriter, r *http.Request) {
	rec := Recorded{Time: s.now(), Service: "imds", Operation: r.Method}
	defer func() { s.log.add(rec) }()
	status, body := http.StatusBadRequest, "unsupported"
	if rec.Status = s.refuse(r); rec.Status != 0 {
		rec.Service = "refused"
		w.WriteHeader(rec.Status)
		return
	}
	switch path := r.URL.EscapedPath(); {
	case r.Method == http.MethodGet && path == rusotoPath:
		status, body, rec.Operation = http.StatusOK, rusotoRole, "GetMetadata"
	case r.Method == http.MethodGet && path == rusotoPath+rusotoRole:
		status, body, rec.Operation = http.StatusOK, rusotoCredentials, "GetCredentials"
	}
	if rec.Status = status; status != http.StatusOK {
		rec.Code = body
	}
	h := w.Header()
	h["Content-Type"] = nil // none, not one that is guessed
	h.Set("Date", rec.Time.UTC().Format(http.TimeFormat))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // the client may be gone; there is nobody to tell
}
