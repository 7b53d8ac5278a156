package sandbox

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/sandbox/internal/sigv4"
)

const (
	stsVersion   = "2011-06-15"
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
)

// stsError is a refusal in STS's words.
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

// serveSTS answers the query protocol: a form in the body, or in the query of a
// presigned request.
func (s *Server) serveSTS(x *exchange) {
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
	result, fail := s.stsCall(x, action, version, form)
	if fail != nil {
		x.stsFail(fail)
		return
	}
	x.stsResult(action, result)
}

// stsCall runs one operation. The name is recorded only once it is known to be
// one of ours.
func (s *Server) stsCall(x *exchange, action, version string, form url.Values) (any, *stsError) {
	if version != stsVersion || !knownAction(action) {
		return nil, &stsError{http.StatusBadRequest, "InvalidAction",
			"Could not find operation " + clip(action) + " for version " + clip(version)}
	}
	x.rec.Operation = action
	p := &params{form: form}
	if action == "AssumeRoleWithWebIdentity" { // the one unsigned operation
		return s.assumeRoleWithWebIdentity(x, p)
	}
	c, fail := s.authenticate(x)
	if fail != nil {
		return nil, fail
	}
	switch action {
	case "GetCallerIdentity":
		return callerIdentity{Arn: c.arn, UserID: c.userID, Account: c.account.ID}, nil
	case "AssumeRole":
		return s.assumeRole(x, c, p)
	case "GetSessionToken":
		return s.getSessionToken(x, c, p)
	case "GetFederationToken":
		return s.getFederationToken(x, c, p)
	}
	return s.getAccessKeyInfo(x, c, p)
}

func knownAction(name string) bool {
	switch name {
	case "GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken", "GetFederationToken", "GetAccessKeyInfo":
		return true
	}
	return false
}

type callerIdentity struct {
	Arn     string
	UserID  string `xml:"UserId"`
	Account string
}

// authenticate finds out who signed the request.
func (s *Server) authenticate(x *exchange) (*caller, *stsError) {
	sig, err := sigv4.Parse(x.r, "sts", x.now)
	if err != nil {
		return nil, &stsError{err.Status, err.Code, err.Message}
	}
	c := s.lookup(sig.KeyID, sig.Token)
	if c == nil {
		return nil, &stsError{http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid."}
	}
	if c.temporary() && !x.now.Before(c.expires) {
		return nil, &stsError{http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired"}
	}
	if err := sig.Verify(x.r, x.body, c.secret); err != nil {
		return nil, &stsError{err.Status, err.Code, err.Message}
	}
	x.rec.AccessKeyID = c.keyID
	return c, nil
}

func (x *exchange) stsResult(action string, result any) {
	var body strings.Builder
	encoder := xml.NewEncoder(&body)
	if err := encoder.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: action + "Result"}}); err != nil {
		x.stsFail(&stsError{http.StatusInternalServerError, "InternalFailure", "The request processing has failed because of an unknown error."})
		return
	}
	x.write(http.StatusOK, "text/xml", []byte("<"+action+`Response xmlns="`+stsNamespace+`">`+body.String()+
		"<ResponseMetadata><RequestId>"+x.id+"</RequestId></ResponseMetadata></"+action+"Response>\n"))
}

func (x *exchange) stsFail(e *stsError) {
	x.rec.Code = e.code
	kind := "Sender"
	if e.status >= 500 {
		kind = "Receiver"
	}
	var text strings.Builder
	_ = xml.EscapeText(&text, []byte(e.message)) // a Builder takes everything
	x.write(e.status, "text/xml", []byte(`<ErrorResponse xmlns="`+stsNamespace+`"><Error><Type>`+kind+"</Type><Code>"+e.code+
		"</Code><Message>"+text.String()+"</Message></Error><RequestId>"+x.id+"</RequestId></ErrorResponse>\n"))
}

// otherProtocol answers the calls of JSON services, which the sandbox is not.
func (x *exchange) otherProtocol() {
	x.rec.Service, x.rec.Code = "unknown", "UnknownOperationException"
	body, _ := json.Marshal(map[string]string{"__type": "UnknownOperationException", "message": "the sandbox does not have this service"})
	x.write(http.StatusBadRequest, "application/x-amz-json-1.1", body)
}

// clip bounds foreign text that goes into a message.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "?")
}
