package sandbox

import (
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzIAMCall: whatever a call of IAM brings, the answer is XML, and a refusal has
// a code with a status.
func FuzzIAMCall(f *testing.F) {
	for _, text := range []string{
		"Action=CreateUser&UserName=x&Path=/a/&Tags.member.1.Key=k&Tags.member.1.Value=v&PermissionsBoundary=arn:aws:iam::aws:policy/ReadOnlyAccess",
		"Action=GetUser&UserName=alice&MaxItems=1", "Action=UntagUser&UserName=alice&TagKeys.member.1=team", "Action=DeleteUser&UserName=bob",
		"Action=PutUserPolicy&UserName=bob&PolicyName=p&PolicyDocument={}", "Action=CreateRole&RoleName=r&MaxSessionDuration=3600&AssumeRolePolicyDocument=[]",
		"Action=CreateLoginProfile&UserName=bob&Password=Made-up-42", "Action=ChangePassword&OldPassword=a&NewPassword=b", "Action=UpdateAccountPasswordPolicy&MinimumPasswordLength=7",
		"Action=EnableMFADevice&UserName=bob&SerialNumber=arn:aws:iam::111122223333:mfa/bob&AuthenticationCode1=000000&AuthenticationCode2=111111",
		"Action=ListAccessKeys&UserName=bob&Marker=99", "Action=UploadSSHPublicKey&UserName=bob&SSHPublicKeyBody=ssh-rsa AAAA", "Action=GetCredentialReport",
		"Action=UploadSigningCertificate&UserName=bob&CertificateBody=-----BEGIN CERTIFICATE-----%0AAAAA%0A-----END CERTIFICATE-----",
		"Action=GetPolicyVersion&PolicyArn=arn:aws:iam::aws:policy/ReadOnlyAccess&VersionId=v1", "Action=GetAccessKeyLastUsed&AccessKeyId=AKIABOB000001EXAMPLE",
	} {
		f.Add(text)
	}
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	s, err := New(Options{Now: func() time.Time { return now }})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, text string) {
		form, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		op, known := iamOperationOf(form.Get("Action"))
		if !known {
			return
		}
		s.iam.calls.Lock()
		defer s.iam.calls.Unlock()
		answer, fail := s.callIAM(s.itself(), callerOf(s.iam.present().byID("111122223333")), op, form)
		if fail != nil && (fail.status < 400 || fail.code == "" || fail.message == "" || answer != "") {
			t.Errorf("%q: %+v", text, fail)
		}
		for d := xml.NewDecoder(strings.NewReader(string(el("R", answer)))); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%q: %v: %s", text, err, answer)
			}
		}
	})
}
