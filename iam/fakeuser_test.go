package iam_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"slices"
)

// ofUser answers what is asked about one user.
func (f *fakeIAM) ofUser(u *fakeUser, action string, form url.Values) (string, *fakeError) {
	name := form.Get("UserName")
	switch action {
	case "GetUser":
		return fmt.Sprintf("<User><Arn>arn:aws:iam::%s:user%s%s</Arn><Path>%s</Path><PasswordLastUsed>%s</PasswordLastUsed><PermissionsBoundary><PermissionsBoundaryArn>%s</PermissionsBoundaryArn></PermissionsBoundary></User>",
			fakeAccount, u.path, name, u.path, stamp(u.passwordUsed), u.boundary), nil
	case "GetLoginProfile":
		if u.password == "" {
			return "", refusal("NoSuchEntity")
		}
		return fmt.Sprintf("<LoginProfile><CreateDate>%s</CreateDate><PasswordResetRequired>%v</PasswordResetRequired></LoginProfile>", stamp(u.made[""]), u.reset), nil
	case "CreateLoginProfile", "UpdateLoginProfile":
		if (u.password == "") != (action == "CreateLoginProfile") {
			return "", refusal(map[bool]string{true: "NoSuchEntity", false: "EntityAlreadyExists"}[u.password == ""])
		}
		u.password, u.reset = form.Get("Password"), form.Get("PasswordResetRequired") == "true"
		u.made[""] = f.now()
		return "", nil
	case "DeleteLoginProfile":
		if u.password == "" {
			return "", refusal("NoSuchEntity")
		}
		u.password = ""
		return "", nil
	case "CreateAccessKey":
		if len(u.keys) >= 2 {
			return "", refusal("LimitExceeded")
		}
		id, secret := f.newKey(u)
		return fmt.Sprintf("<AccessKey><UserName>%s</UserName><AccessKeyId>%s</AccessKeyId><Status>Active</Status><SecretAccessKey>%s</SecretAccessKey></AccessKey>", name, id, secret), nil
	case "TagUser":
		setTags(u, form)
		return "", nil
	case "UntagUser":
		delete(u.tags, form.Get("TagKeys.member.1"))
		return "", nil
	case "PutUserPolicy":
		u.inline[form.Get("PolicyName")] = form.Get("PolicyDocument")
		return "", nil
	case "GetUserPolicy":
		doc, ok := u.inline[form.Get("PolicyName")]
		if !ok {
			return "", refusal("NoSuchEntity")
		}
		return "<PolicyDocument>" + url.PathEscape(doc) + "</PolicyDocument>", nil
	case "DeleteUserPolicy":
		if _, ok := u.inline[form.Get("PolicyName")]; !ok {
			return "", refusal("NoSuchEntity")
		}
		delete(u.inline, form.Get("PolicyName"))
		return "", nil
	case "PutUserPermissionsBoundary":
		u.boundary = form.Get("PermissionsBoundary")
		return "", nil
	case "AddUserToGroup":
		if !slices.Contains(f.groups, form.Get("GroupName")) {
			return "", refusal("NoSuchEntity")
		}
		if !slices.Contains(u.groups, form.Get("GroupName")) {
			u.groups = append(u.groups, form.Get("GroupName"))
		}
		return "", nil
	case "DeleteUser":
		if u.password != "" || len(u.inline)+len(u.keys)+len(u.certs)+len(u.ssh)+len(u.creds)+len(u.devices)+len(u.groups)+len(u.attached) > 0 {
			return "", refusal("DeleteConflict")
		}
		delete(f.users, name)
		return "", nil
	}
	return f.hanging(u, action, form)
}

// hanging answers what is asked about the lists of a user.
func (f *fakeIAM) hanging(u *fakeUser, action string, form url.Values) (string, *fakeError) {
	inline, tags := slices.Sorted(maps.Keys(u.inline)), []string{}
	for _, key := range slices.Sorted(maps.Keys(u.tags)) {
		tags = append(tags, "<Key>"+key+"</Key><Value>"+u.tags[key]+"</Value>")
	}
	switch action {
	case "ListUserPolicies":
		return list(form, "PolicyNames", inline), nil
	case "ListUserTags":
		return list(form, "Tags", tags), nil
	}
	for _, k := range []struct {
		ids                      *[]string
		list, elements, id, made string
		update, remove           string
	}{
		{&u.keys, "ListAccessKeys", "AccessKeyMetadata", "AccessKeyId", "CreateDate", "UpdateAccessKey", "DeleteAccessKey"},
		{&u.certs, "ListSigningCertificates", "Certificates", "CertificateId", "UploadDate", "UpdateSigningCertificate", "DeleteSigningCertificate"},
		{&u.ssh, "ListSSHPublicKeys", "SSHPublicKeys", "SSHPublicKeyId", "UploadDate", "UpdateSSHPublicKey", "DeleteSSHPublicKey"},
		{&u.creds, "ListServiceSpecificCredentials", "ServiceSpecificCredentials", "ServiceSpecificCredentialId", "CreateDate", "UpdateServiceSpecificCredential", "DeleteServiceSpecificCredential"},
		{&u.devices, "ListMFADevices", "MFADevices", "SerialNumber", "EnableDate", "", "DeactivateMFADevice"},
		{&u.groups, "ListGroupsForUser", "Groups", "GroupName", "", "", "RemoveUserFromGroup"},
		{&u.attached, "ListAttachedUserPolicies", "AttachedPolicies", "PolicyArn", "", "", "DetachUserPolicy"},
	} {
		id := form.Get(k.id)
		switch action {
		case k.list:
			var members []string
			for _, id := range *k.ids {
				members = append(members, fmt.Sprintf("<%s>%s</%s><Status>%s</Status>", k.id, id, k.id, u.status[id]))
				if k.made != "" {
					members[len(members)-1] += "<" + k.made + ">" + stamp(u.made[id]) + "</" + k.made + ">"
				}
			}
			return list(form, k.elements, members), nil
		case k.update, k.remove:
			if !slices.Contains(*k.ids, id) {
				return "", refusal("NoSuchEntity")
			}
			if action == k.update {
				u.status[id] = form.Get("Status")
				return "", nil
			}
			*k.ids = slices.DeleteFunc(*k.ids, func(s string) bool { return s == id })
			if k.id == "SerialNumber" && slices.Contains([]string{"arn:aws:iam::" + fakeAccount + ":mfa/bob", "arn:aws:iam::" + fakeAccount + ":mfa/phone"}, id) {
				f.spare = append(f.spare, id)
			}
			return "", nil
		}
	}
	return "", &fakeError{400, "InvalidAction", "the fake has no " + action}
}

// reports answers what is asked about all users.
func (f *fakeIAM) reports(action string, form url.Values) (string, *fakeError) {
	switch action {
	case "GenerateCredentialReport":
		state := "COMPLETE"
		if len(f.reportStates) > 0 {
			state, f.reportStates = f.reportStates[0], f.reportStates[1:]
		}
		return "<State>" + state + "</State>", nil
	case "GetCredentialReport":
		if f.report == "" {
			return "", &fakeError{410, "ReportNotPresent", "none"}
		}
		return "<Content>" + base64.StdEncoding.EncodeToString([]byte(f.report)) + "</Content><GeneratedTime>2026-03-04T05:00:00Z</GeneratedTime>", nil
	case "GetAccountSummary":
		out := ""
		for key, n := range f.summary {
			out += fmt.Sprintf("<entry><key>%s</key><value>%d</value></entry>", key, n)
		}
		return "<SummaryMap>" + out + "</SummaryMap>", nil
	}
	var members []string
	for _, name := range slices.Sorted(maps.Keys(f.users)) {
		members = append(members, "<UserName>"+name+"</UserName><CreateDate>2020-01-01T00:00:00Z</CreateDate>")
	}
	return list(form, "Users", members), nil
}
