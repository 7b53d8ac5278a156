package awsapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

const bearer = "canary-bearer"

func TestListAccounts(t *testing.T) {
	t.Parallel()
	one := awsapi.AccountItem{ID: "012345678901", Name: "prod", Email: "p@example.com"}
	tests := []struct {
		name, body string
		want       awsapi.ListAccountsOutput
		lacks      string
	}{
		{"one", `{"accountList":[{"accountId":"012345678901","accountName":"prod","emailAddress":"p@example.com"}],"nextToken":"n/1 "}`,
			awsapi.ListAccountsOutput{Accounts: []awsapi.AccountItem{one}, NextToken: "n/1"}, ""},
		{"two, and what is not known", `{"x":[[1],{"accountId":"9"}],"accountList":[{"accountName":"prod","accountId":"012345678901","emailAddress":"p@example.com","y":{"z":[null]}},{"accountId":"000000000000"}],"nextToken":null}`,
			awsapi.ListAccountsOutput{Accounts: []awsapi.AccountItem{one, {ID: "000000000000"}}}, ""},
		{"none", `{"accountList":[]}`, awsapi.ListAccountsOutput{}, ""},
		{"nothing", `{}`, awsapi.ListAccountsOutput{}, ""},
		{"names that do harm", `{"accountList":[{"accountId":"012345678901","accountName":"\u001b[31mpr\u202eod\u0007 ","emailAddress":"a\nb"}]}`,
			awsapi.ListAccountsOutput{Accounts: []awsapi.AccountItem{{ID: "012345678901", Name: "[31mprod", Email: "a b"}}}, ""},
		{"names that are no texts", `{"accountList":[{"accountId":"012345678901","accountName":null,"emailAddress":7}]}`,
			awsapi.ListAccountsOutput{Accounts: []awsapi.AccountItem{{ID: "012345678901"}}}, ""},
		{"no id", `{"accountList":[{"accountName":"prod"}]}`, awsapi.ListAccountsOutput{}, "accountId"},
		{"no account's id", `{"accountList":[{"accountId":"../../etc/pwd"}]}`, awsapi.ListAccountsOutput{}, "accountId"},
		{"id a number", `{"accountList":[{"accountId":123456789012}]}`, awsapi.ListAccountsOutput{}, "accountId"},
		{"not objects", `{"accountList":["a"]}`, awsapi.ListAccountsOutput{}, "accountId"},
		{"a key that poses as an item", `{"accountList":[{}],"accountList/member.1/accountId":"012345678901"}`, awsapi.ListAccountsOutput{}, "accountId"},
		{"more than a page", `{"accountList":[` + strings.Repeat(`{},`, 1000) + `{}]}`, awsapi.ListAccountsOutput{}, "accountList of at most 100 items"},
		{"token that is none", `{"accountList":[],"nextToken":"a b"}`, awsapi.ListAccountsOutput{}, "nextToken"},
		{"token without end", `{"accountList":[],"nextToken":"` + strings.Repeat("x", 5000) + `"}`, awsapi.ListAccountsOutput{}, "nextToken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var uri string
			e, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
				uri = r.Method + " " + r.RequestURI + " " + r.Header.Get("X-Amz-Sso_bearer_token") + r.Header.Get("Authorization")
				answer(200, jsonType, tt.body)(w, r)
			})
			got, err := newClient(t, nil).ListAccounts(t.Context(), e, awsapi.ListAccountsInput{AccessToken: secret.New(bearer), NextToken: "a/b&c"})
			checkLacks(t, tt.name, err, tt.lacks)
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v", got)
			}
			if want := "GET /assignment/accounts?max_result=100&next_token=a%2Fb%26c " + bearer; uri != want {
				t.Errorf("asked %s, want %s", uri, want)
			}
		})
	}
}

func TestListAccountRoles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       awsapi.ListAccountRolesOutput
		lacks      string
	}{
		{"two", `{"nextToken":"2","roleList":[{"roleName":"Admin","accountId":"012345678901"},{"roleName":"a=b,c.d@e-f+g"}]}`,
			awsapi.ListAccountRolesOutput{Roles: []string{"Admin", "a=b,c.d@e-f+g"}, NextToken: "2"}, ""},
		{"none", `{"roleList":[],"nextToken":""}`, awsapi.ListAccountRolesOutput{}, ""},
		{"no name", `{"roleList":[{"roleName":" "}]}`, awsapi.ListAccountRolesOutput{}, "roleName"},
		{"a name that does harm", `{"roleList":[{"roleName":"Admin\u001b[0m"}]}`, awsapi.ListAccountRolesOutput{}, "roleName"},
		{"a name without end", `{"roleList":[{"roleName":"` + strings.Repeat("x", 101) + `"}]}`, awsapi.ListAccountRolesOutput{}, "roleName"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var uri string
			e, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
				uri = r.RequestURI
				answer(200, jsonType, tt.body)(w, r)
			})
			got, err := newClient(t, nil).ListAccountRoles(t.Context(), e, awsapi.ListAccountRolesInput{AccessToken: secret.New(bearer), AccountID: "012345678901"})
			checkLacks(t, tt.name, err, tt.lacks)
			if !reflect.DeepEqual(got, tt.want) || uri != "/assignment/roles?account_id=012345678901&max_result=100" {
				t.Errorf("got %+v from %s", got, uri)
			}
		})
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		good   bool
		calls  int32
	}{
		{"empty", answer(200, "", ""), true, 1},
		{"an object", answer(200, jsonType, "{}"), true, 1},
		{"ended before", answer(401, jsonType, `{"message":"Session token not found or invalid","__type":"UnauthorizedException"}`), false, 1},
		{"a captive portal", answer(200, "text/html", "<html>"), false, 1},
		{"trouble, then done", script(answer(503, jsonType, `{"message":"later","__type":"X"}`), answer(200, "", "")), true, 2},
	} {
		var asked string
		e, n := server(t, func(w http.ResponseWriter, r *http.Request) {
			asked = fmt.Sprint(r.Method, r.RequestURI, r.Header.Get("X-Amz-Sso_bearer_token"), r.ContentLength)
			tt.answer(w, r)
		})
		err := newClient(t, nil).Logout(t.Context(), e, secret.New(bearer))
		if (err == nil) != tt.good || n.Load() != tt.calls || asked != "POST/logout"+bearer+"0" {
			t.Errorf("%s: %v after %d calls of %s", tt.name, err, n.Load(), asked)
		}
	}
}

// TestPortalWithoutToken: nothing is sent, and no error repeats a token.
func TestPortalWithoutToken(t *testing.T) {
	t.Parallel()
	e, n := server(t, answer(403, jsonType, `{"message":"No access for `+bearer+`","__type":"ForbiddenException"}`))
	c := newClient(t, nil)
	call := func(token secret.Text) (errs []error) {
		_, err := c.ListAccounts(t.Context(), e, awsapi.ListAccountsInput{AccessToken: token})
		_, roles := c.ListAccountRoles(t.Context(), e, awsapi.ListAccountRolesInput{AccessToken: token})
		return append(errs, err, roles, c.Logout(t.Context(), e, token))
	}
	for _, err := range call(secret.Text{}) {
		var in *awsapi.InputError
		if !errors.As(err, &in) || n.Load() != 0 {
			t.Errorf("%v after %d calls", err, n.Load())
		}
	}
	for _, err := range call(secret.New(bearer)) {
		var api *awsapi.APIError
		if !errors.As(err, &api) || api.Code != "ForbiddenException" || strings.Contains(fmt.Sprintf("%v %+v", err, api), bearer) {
			t.Errorf("%v", err)
		}
	}
}
