package sandbox

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// reportLifetime is how long a credential report is good before another is made.
const reportLifetime = 4 * time.Hour

func generateReport(r *iamCall) (markup, *stsError) {
	if !r.on.reported.IsZero() && r.x.now.Sub(r.on.reported) < reportLifetime {
		return fields("State", "COMPLETE"), nil
	}
	r.edit(func(a *entity) { a.reported = r.x.now })
	return fields("State", "STARTED", "Description", "No report exists. Starting a new report generation task"), nil
}

func getReport(r *iamCall) (markup, *stsError) {
	switch at := r.on.reported; {
	case at.IsZero():
		return "", refuse("ReportNotPresent", "Report not present")
	case r.x.now.Sub(at) >= reportLifetime:
		return "", refuse("ReportExpired", "Report expired")
	}
	var b strings.Builder
	b.WriteString("user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active," +
		"access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service," +
		"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service," +
		"cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n")
	b.WriteString(r.reportLine(r.on))
	for _, u := range r.view.in(r.c.account, aUser) {
		b.WriteString(r.reportLine(u))
	}
	return fields("Content", base64.StdEncoding.EncodeToString([]byte(b.String())), "ReportFormat", "text/csv", "GeneratedTime", stamp(r.on.reported)), nil
}

const notApplicable = "N/A"

// reportLine is one row of the report, in the order of its columns.
func (r *iamCall) reportLine(u *entity) string {
	when := func(t time.Time, none string) string {
		if t.IsZero() {
			return none
		}
		return t.UTC().Format("2006-01-02T15:04:05+00:00")
	}
	line := []string{u.name, u.arn(), when(u.created, "")}
	add := func(more ...string) { line = append(line, more...) }
	switch {
	case u.kind == anAccount:
		line[0] = "<root_account>"
		add("not_supported", "no_information", "not_supported", "not_supported")
	case u.login == nil:
		add("false", notApplicable, notApplicable, notApplicable)
	default:
		rotation := notApplicable
		if rules := r.on.rules; rules != nil && rules.MaxAge > 0 {
			rotation = when(u.login.changed.AddDate(0, 0, rules.MaxAge), "")
		}
		add("true", when(u.signedIn, "no_information"), when(u.login.changed, ""), rotation)
	}
	add(strconv.FormatBool(len(r.view.belongings(u, aDevice)) > 0))
	for _, kind := range []entityKind{anAccessKey, aCertificate} {
		mine := r.view.belongings(u, kind)
		for i := range 2 {
			made, state, used := notApplicable, "false", keyUse{region: notApplicable, service: notApplicable}
			if i < len(mine) {
				made, state = when(mine[i].created, ""), strconv.FormatBool(mine[i].status == statusActive)
				if last := r.s.iam.lastUse(mine[i].id); !last.at.IsZero() {
					used = last
				}
			}
			add(state, made)
			if kind == anAccessKey {
				add(when(used.at, notApplicable), used.region, used.service)
			}
		}
	}
	for i, text := range line {
		if strings.ContainsAny(text, ",\"") { // names may have commas
			line[i] = strconv.Quote(text)
		}
	}
	return strings.Join(line, ",") + "\n"
}

// quotas are what GetAccountSummary says beside what it counts.
const quotas = "UsersQuota 5000 GroupsQuota 300 RolesQuota 1000 PoliciesQuota 1500 AccountPasswordPresent 1 AccessKeysPerUserQuota 2 " +
	"SigningCertificatesPerUserQuota 2 GroupsPerUserQuota 10 AttachedPoliciesPerUserQuota 10 AttachedPoliciesPerGroupQuota 10 " +
	"AttachedPoliciesPerRoleQuota 10 PolicySizeQuota 6144 UserPolicySizeQuota 2048 GroupPolicySizeQuota 5120 AssumeRolePolicySizeQuota 2048 " +
	"PolicyVersionsInUseQuota 10000 VersionsPerPolicyQuota 5 GlobalEndpointTokenVersion 1 InstanceProfiles 0 InstanceProfilesQuota 1000 " +
	"ServerCertificates 0 ServerCertificatesQuota 20"

// getAccountSummary counts what there is, beside the quotas.
func getAccountSummary(r *iamCall) (markup, *stsError) {
	var out []markup
	add := func(name string, value int) {
		out = append(out, el("entry", fields("key", name, "value", strconv.Itoa(value))))
	}
	for i, name := range [...]string{aUser: "Users", aGroup: "Groups", aRole: "Roles", aPolicy: "Policies", aDevice: "MFADevices"} {
		if name != "" {
			add(name, len(r.view.in(r.c.account, entityKind(i))))
		}
	}
	add("PolicyVersionsInUse", len(r.view.in(r.c.account, aPolicy)))
	add("MFADevicesInUse", len(r.view.list(aDevice, func(d *entity) bool { return d.account == r.c.account && d.owner != "" })))
	add("Providers", len(r.c.account.OIDCProviders))
	for i, name := range [...]string{aDevice: "AccountMFAEnabled", anAccessKey: "AccountAccessKeysPresent", aCertificate: "AccountSigningCertificatesPresent"} {
		if name != "" {
			add(name, min(1, len(r.view.belongings(r.on, entityKind(i)))))
		}
	}
	words := strings.Fields(quotas)
	for i := 0; i < len(words); i += 2 {
		out = append(out, el("entry", fields("key", words[i], "value", words[i+1])))
	}
	return el("SummaryMap", out...), nil
}
