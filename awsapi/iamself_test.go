package awsapi_test

import (
	"context"
	"encoding/base64"
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

const seedText = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

func deviceXML(seed string) string {
	return result("CreateVirtualMFADevice", "<VirtualMFADevice><SerialNumber>arn:aws:iam::1:mfa/b</SerialNumber><Base32StringSeed>"+seed+
		"</Base32StringSeed><QRCodePNG>iVBORw0KGgo=</QRCodePNG></VirtualMFADevice>")
}

// TestSelfServiceCalls sends each call once and reads a full answer.
func TestSelfServiceCalls(t *testing.T) {
	t.Parallel()
	const serial = "arn:aws:iam::1:mfa/b"
	code := secret.New
	type call = func(context.Context, *awsapi.Client, awsapi.Endpoint) (any, error)
	for _, tt := range []struct {
		name, answer string
		call         call
		body         url.Values
		want         any
	}{
		{
			"GetLoginProfile", result("GetLoginProfile", "<LoginProfile><UserName>bob</UserName><CreateDate>2026-01-02T03:04:05Z</CreateDate><PasswordResetRequired>true</PasswordResetRequired></LoginProfile>"),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return c.GetLoginProfile(ctx, e, keys(), "bob")
			},
			url.Values{"UserName": {"bob"}}, awsapi.LoginProfile{UserName: "bob", CreateDate: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), ResetRequired: true},
		},
		{
			"GetAccountPasswordPolicy", result("GetAccountPasswordPolicy", "<PasswordPolicy><MinimumPasswordLength>14</MinimumPasswordLength><RequireSymbols>true</RequireSymbols>"+
				"<RequireNumbers>false</RequireNumbers><RequireUppercaseCharacters>true</RequireUppercaseCharacters><AllowUsersToChangePassword>true</AllowUsersToChangePassword>"+
				"<MaxPasswordAge>90</MaxPasswordAge><PasswordReusePrevention>5</PasswordReusePrevention><HardExpiry>true</HardExpiry></PasswordPolicy>"),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return c.GetAccountPasswordPolicy(ctx, e, keys())
			},
			url.Values{}, awsapi.PasswordPolicy{MinimumLength: 14, Symbols: true, Uppercase: true, Reuse: 5},
		},
		{
			"ChangePassword", "<ChangePasswordResponse/>",
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return nil, c.ChangePassword(ctx, e, keys(), code("old &+"), code("new &+"))
			},
			url.Values{"OldPassword": {"old &+"}, "NewPassword": {"new &+"}}, nil,
		},
		{
			"CreateVirtualMFADevice", deviceXML(base64.StdEncoding.EncodeToString([]byte(seedText))),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				d, err := c.CreateVirtualMFADevice(ctx, e, keys(), "b")
				return []string{d.SerialNumber, d.Seed.Reveal(), fmt.Sprint(d)}, err
			},
			url.Values{"VirtualMFADeviceName": {"b"}}, []string{serial, seedText, "{" + serial + " [redacted]}"},
		},
		{
			"CreateVirtualMFADevice", deviceXML(seedText), // of a stand-in without the base64
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				d, err := c.CreateVirtualMFADevice(ctx, e, keys(), "b")
				return d.Seed.Reveal(), err
			},
			url.Values{"VirtualMFADeviceName": {"b"}}, seedText,
		},
		{
			"EnableMFADevice", "<EnableMFADeviceResponse/>",
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return nil, c.EnableMFADevice(ctx, e, keys(), "bob", serial, code("111111"), code("222222"))
			},
			url.Values{"UserName": {"bob"}, "SerialNumber": {serial}, "AuthenticationCode1": {"111111"}, "AuthenticationCode2": {"222222"}}, nil,
		},
		{
			"ResyncMFADevice", "<ResyncMFADeviceResponse/>",
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return nil, c.ResyncMFADevice(ctx, e, keys(), "bob", serial, code("111111"), code("222222"))
			},
			url.Values{"UserName": {"bob"}, "SerialNumber": {serial}, "AuthenticationCode1": {"111111"}, "AuthenticationCode2": {"222222"}}, nil,
		},
		{
			"DeleteVirtualMFADevice", "<DeleteVirtualMFADeviceResponse/>",
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (any, error) {
				return nil, c.DeleteVirtualMFADevice(ctx, e, keys(), serial)
			},
			url.Values{"SerialNumber": {serial}}, nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var body string
			e, n := server(t, func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				body = string(b)
				answer(200, xmlType, tt.answer)(w, r)
			})
			got, err := tt.call(t.Context(), newClient(t, nil), e)
			if err != nil || !reflect.DeepEqual(got, tt.want) || n.Load() != 1 {
				t.Errorf("got %+v, %v after %d requests; want %+v", got, err, n.Load(), tt.want)
			}
			tt.body.Set("Action", tt.name)
			tt.body.Set("Version", "2010-05-08")
			if form, err := url.ParseQuery(body); err != nil || !reflect.DeepEqual(form, tt.body) {
				t.Errorf("body %v, %v; want %v", form, err, tt.body)
			}
		})
	}
}

// TestSelfServiceOnce: what works once, or makes a thing each time, is sent once.
func TestSelfServiceOnce(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(context.Context, *awsapi.Client, awsapi.Endpoint) error{
		"ChangePassword": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			return c.ChangePassword(ctx, e, keys(), secret.New("a"), secret.New("b"))
		},
		"CreateVirtualMFADevice": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.CreateVirtualMFADevice(ctx, e, keys(), "b")
			return err
		},
		"EnableMFADevice": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			return c.EnableMFADevice(ctx, e, keys(), "bob", "s", secret.New("1"), secret.New("2"))
		},
	} {
		e, n := server(t, hangUp)
		if err := call(t.Context(), newClient(t, nil), e); !awsapi.MayHaveRun(err) || n.Load() != 1 {
			t.Errorf("%s: %v after %d requests", name, err, n.Load())
		}
	}
}

// TestDeviceIncomplete: a seed that is none is an error that does not show it.
func TestDeviceIncomplete(t *testing.T) {
	t.Parallel()
	for body, lacks := range map[string]string{
		deviceXML(""):         "Base32StringSeed",
		deviceXML("seed-one"): "Base32StringSeed",
		deviceXML(base64.StdEncoding.EncodeToString([]byte("not base32, seed-one"))):        "Base32StringSeed",
		strings.Replace(deviceXML(seedText), "arn:aws:iam::1:mfa/b", "", 1):                 "SerialNumber",
		strings.Replace(deviceXML(seedText), "</CreateVirtualMFADeviceResult>", "seed-", 1): "",
	} {
		e, _ := server(t, answer(200, xmlType, body))
		_, err := newClient(t, nil).CreateVirtualMFADevice(t.Context(), e, keys(), "b")
		if lacks != "" {
			checkLacks(t, body, err, lacks)
		}
		if err == nil || strings.Contains(err.Error(), seedText) || strings.Contains(err.Error(), "seed-one") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// FuzzDevice: whatever a server says, a device has a serial and a seed.
func FuzzDevice(f *testing.F) {
	f.Add(deviceXML(seedText))
	f.Add(deviceXML(base64.StdEncoding.EncodeToString([]byte(seedText))))
	f.Fuzz(func(t *testing.T, body string) {
		fuzz(t, 200, xmlType, body, func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
			d, err := c.CreateVirtualMFADevice(ctx, e, keys(), "b")
			return d.SerialNumber != "" && d.Seed.Len() >= 16, err
		})
	})
}
