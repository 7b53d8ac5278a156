package awsapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

// TestIAMRequest sends what the request says and reads texts, times and lists.
func TestIAMRequest(t *testing.T) {
	t.Parallel()
	var got []url.Values
	pages := []string{
		result("ListUserTags", `<Tags><member><Key>team</Key><Value>a b</Value></member></Tags><IsTruncated>true</IsTruncated><Marker>m1</Marker>`),
		result("ListUserTags", `<Tags><member><Key>cost</Key><Value></Value></member></Tags><IsTruncated>false</IsTruncated>`),
		result("GetLoginProfile", `<LoginProfile><UserName>bob</UserName><CreateDate>2026-01-02T03:04:05Z</CreateDate></LoginProfile>`),
		result("ListUserPolicies", `<PolicyNames><member>one</member><member>two</member></PolicyNames>`),
		result("GetAccountSummary", `<SummaryMap><entry><key>Users</key><value>2</value></entry><entry><key>AccountMFAEnabled</key><value>1</value></entry></SummaryMap>`),
	}
	e, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		got = append(got, form)
		answer(200, xmlType, pages[len(got)-1])(w, r)
	})
	client := newClient(t, nil)
	call := func(r awsapi.IAMRequest) *awsapi.IAMAnswer {
		t.Helper()
		a, err := client.IAM(t.Context(), e, keys(), &r)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := call(awsapi.IAMRequest{Operation: "ListUserTags", Params: []string{"UserName", "bob"}, List: "Tags"})
	var tags []string
	for _, tag := range a.List {
		tags = append(tags, tag.Text("Key")+"="+tag.Text("Value"))
	}
	if want := []string{"team=a b", "cost="}; !reflect.DeepEqual(tags, want) {
		t.Errorf("tags %q, want %q", tags, want)
	}
	a = call(awsapi.IAMRequest{Operation: "GetLoginProfile"})
	if at := a.Time("LoginProfile/CreateDate"); !at.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) || a.Text("LoginProfile/UserName") != "bob" || a.List != nil {
		t.Errorf("got %v, %v", at, a)
	}
	a = call(awsapi.IAMRequest{Operation: "ListUserPolicies", List: "PolicyNames", Params: []string{"PathPrefix", ""}})
	if len(a.List) != 2 || a.List[0].Text("") != "one" || a.List[1].Text("") != "two" {
		t.Errorf("names %v", a.List)
	}
	a = call(awsapi.IAMRequest{Operation: "GetAccountSummary", Password: secret.New("pAss&wörd")})
	if m := a.Elements("SummaryMap"); len(m) != 2 || m[1].Text("key") != "AccountMFAEnabled" || m[1].Raw("value") != "1" {
		t.Errorf("map %v", m)
	}
	want := []url.Values{
		{"UserName": {"bob"}}, {"UserName": {"bob"}, "Marker": {"m1"}}, {}, {"PathPrefix": {""}}, {"Password": {"pAss&wörd"}},
	}
	for i, operation := range []string{"ListUserTags", "ListUserTags", "GetLoginProfile", "ListUserPolicies", "GetAccountSummary"} {
		want[i].Set("Action", operation)
		want[i].Set("Version", "2010-05-08")
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("requests\n%v\nwant\n%v", got, want)
	}
}

// TestIAMErrors: a password is in no error, a list without an end ends, and only a
// credential report may be long.
func TestIAMErrors(t *testing.T) {
	t.Parallel()
	e, _ := server(t, answer(400, xmlType, errorXML("PasswordPolicyViolation", "not CaNaRy!1 again")))
	_, err := newClient(t, nil).IAM(t.Context(), e, keys(), &awsapi.IAMRequest{Operation: "CreateLoginProfile", Password: secret.New("CaNaRy!1")})
	var api *awsapi.APIError
	if !errors.As(err, &api) || !api.HasCode("PasswordPolicyViolation") || strings.Contains(fmt.Sprintf("%v %+v", err, api), "CaNaRy") {
		t.Errorf("got %v", err)
	}
	e, n := server(t, answer(200, xmlType, result("ListUsers", "<Users/><IsTruncated>true</IsTruncated><Marker>m</Marker>")))
	_, err = newClient(t, nil).IAM(t.Context(), e, keys(), &awsapi.IAMRequest{Operation: "ListUsers", List: "Users"})
	checkLacks(t, "endless", err, "end of the list")
	if n.Load() != 200 {
		t.Errorf("%d pages", n.Load())
	}
	e, _ = server(t, answer(200, xmlType, result("ListUsers", "<Users/><IsTruncated>true</IsTruncated>")))
	_, err = newClient(t, nil).IAM(t.Context(), e, keys(), &awsapi.IAMRequest{Operation: "ListUsers", List: "Users"})
	checkLacks(t, "no marker", err, "Marker")
	for _, tt := range []struct {
		operation string
		size      int
		ok        bool
	}{{"GetUser", 2 << 20, false}, {"GetCredentialReport", 2 << 20, true}, {"GetCredentialReport", 9 << 20, false}} {
		e, _ := server(t, answer(200, xmlType, result(tt.operation, "<Content>"+strings.Repeat("A", tt.size)+"</Content>")))
		a, err := newClient(t, nil).IAM(t.Context(), e, keys(), &awsapi.IAMRequest{Operation: tt.operation})
		if (err == nil) != tt.ok || tt.ok && len(a.Raw("Content")) != tt.size {
			t.Errorf("%s of %d: %v", tt.operation, tt.size, err)
		}
	}
}

// FuzzIAMAnswer: whatever a server sends, reading it does not panic, and what is
// said to be fit to be shown has no control characters.
func FuzzIAMAnswer(f *testing.F) {
	f.Add(result("ListUserTags", "<Tags><member><Key>a</Key></member><entry/></Tags><IsTruncated>false</IsTruncated>"))
	f.Fuzz(func(t *testing.T, body string) {
		fuzz(t, 200, xmlType, body, func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
			a, err := c.IAM(ctx, e, keys(), &awsapi.IAMRequest{Operation: "ListUserTags", List: "Tags"})
			if err != nil {
				return a == nil, err
			}
			for _, tag := range a.List {
				if strings.ContainsFunc(tag.Text("Key")+tag.Text(""), func(r rune) bool { return r < ' ' }) {
					return false, err
				}
			}
			return true, err
		})
	})
}
