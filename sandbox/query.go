package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/sandbox/internal/sigv4"
)

// stsError is a refusal in the words of STS or IAM.
type stsError struct {
	status        int
	code, message string
}

func denied(message string) *stsError {
	return &stsError{http.StatusForbidden, "AccessDenied", message}
}
func invalid(message string) *stsError {
	return &stsError{http.StatusBadRequest, "ValidationError", message}
}

// serveQuery answers the query protocol, which STS and IAM share: a form in the
// body, or in the query of a presigned request. The version tells the two apart.
func (s *Server) serveQuery(x *exchange) {
	x.rec.Service = "sts"
	if target := x.r.Header.Get("X-Amz-Target"); target != "" {
		x.otherProtocol()
		return
	}
	form := x.r.URL.Query()
	switch x.r.Method {
	case http.MethodPost:
		var err error
		if form, err = url.ParseQuery(string(x.body)); err != nil {
			x.stsFail(&stsError{http.StatusBadRequest, "MalformedQueryString", "The query string contains a syntax error"})
			return
		}
	case http.MethodGet:
	default:
		x.w.Header().Set("Allow", "GET, POST")
		x.empty(http.StatusMethodNotAllowed)
		return
	}
	action, version := form.Get("Action"), form.Get("Version")
	if action == "" {
		x.stsFail(&stsError{http.StatusBadRequest, "MissingAction", "The request must contain the parameter Action"})
		return
	}
	call := s.stsCall
	if version == iamVersion {
		x.rec.Service, call = "iam", s.serveIAM
	}
	result, fail := call(x, action, version, form)
	if fail != nil {
		x.stsFail(fail)
		return
	}
	x.stsResult(action, result)
}

// authenticate finds out who signed the request.
func (s *Server) authenticate(x *exchange) (*caller, *stsError) {
	sig, err := sigv4.Parse(x.sent, x.rec.Service, x.now)
	if err != nil {
		return nil, &stsError{err.Status, err.Code, err.Message}
	}
	c := s.lookup(sig.KeyID, sig.Token)
	if c == nil {
		return nil, unknownToken()
	}
	if c.ended(x.now) {
		return nil, &stsError{http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired"}
	}
	if err := sig.Verify(x.sent, x.body, c.secret); err != nil {
		return nil, &stsError{err.Status, err.Code, err.Message}
	}
	x.rec.AccessKeyID = c.keyID
	s.iam.use(c.keyID, x.rec.Service, sig.Region, x.now)
	return c, nil
}

func unknownToken() *stsError {
	return &stsError{http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid."}
}

// namespace is that of the answers' XML.
func (x *exchange) namespace() string {
	if x.rec.Service == "iam" {
		return iamNamespace
	}
	return stsNamespace
}

// stsResult answers a success; some operations have no result.
func (x *exchange) stsResult(action string, result markup) {
	if result != "" {
		result = el(action+"Result", result)
	}
	x.write(http.StatusOK, "text/xml", []byte("<"+action+`Response xmlns="`+x.namespace()+`">`+string(result)+
		"<ResponseMetadata><RequestId>"+x.id+"</RequestId></ResponseMetadata></"+action+"Response>\n"))
}

func (x *exchange) stsFail(e *stsError) {
	x.rec.Code = e.code
	kind := "Sender"
	if e.status >= 500 {
		kind = "Receiver"
	}
	x.write(e.status, "text/xml", []byte(`<ErrorResponse xmlns="`+x.namespace()+`"><Error><Type>`+kind+"</Type><Code>"+e.code+
		"</Code><Message>"+string(escaped(e.message))+"</Message></Error><RequestId>"+x.id+"</RequestId></ErrorResponse>\n"))
}

// otherProtocol answers the calls of JSON services, which the sandbox is not.
func (x *exchange) otherProtocol() {
	x.rec.Service, x.rec.Code = "unknown", "UnknownOperationException"
	body, _ := json.Marshal(map[string]string{"__type": "UnknownOperationException", "message": "the sandbox does not have this service"})
	x.write(http.StatusBadRequest, "application/x-amz-json-1.1", body)
}

// clip bounds foreign text that goes into a message.
//
//go:noinline
func clip(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "?")
}
