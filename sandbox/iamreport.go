package sandbox

import (
	"encoding/base64"
	"encoding/csv"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// reportLifetime is how long a credential report is good before another is made.
const reportLifetime = 4 * time.Hour

func generateReport(r *iamCall) (markup, *stsError) {
	if !r.on.reported.IsZero() && r.x.now.Sub(r.on.reported) < reportLifetime {
		return leaf("State", "COMPLETE"), nil
	}
	r.edit(func(a *entity) { a.reported = r.x.now })
	return leaf("State", "STARTED") + leaf("Description", "No report exists. Starting a new report generation task"), nil
}

func getReport(r *iamCall) (markup, *stsError) {
	switch at := r.on.reported; {
	case at.IsZero():
		return "", &stsError{http.StatusGone, "ReportNotPresent", "Report not present"}
	case r.x.now.Sub(at) >= reportLifetime:
		return "", &stsError{http.StatusGone, "ReportExpired", "Report expired"}
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(strings.Split("user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,"+
		"access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"+
		"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,"+
		"cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated", ","))
	_ = w.Write(r.reportLine(r.on))
	for _, u := range r.view.in(r.c.account, aUser) {
		_ = w.Write(r.reportLine(u))
	}
	w.Flush() // a Builder takes everything
	return leaf("Content", base64.StdEncoding.EncodeToString([]byte(b.String()))) + leaf("ReportFormat", "text/csv") + moment("GeneratedTime", r.on.reported), nil
}

const notApplicable = "N/A"

// reportLine is one row of the report, in the order of its columns.
func (r *iamCall) reportLine(u *entity) []string {
	when := func(t time.Time, none string) string {
		if t.IsZero() {
			return none
		}
		return t.UTC().Format("2006-01-02T15:04:05+00:00")
	}
	line := []string{u.name, u.arn(), when(u.created, "")}
	switch {
	case u.kind == anAccount:
		line[0] = "<root_account>"
		line = append(line, "not_supported", "no_information", "not_supported", "not_supported")
	case u.login == nil:
		line = append(line, "false", notApplicable, notApplicable, notApplicable)
	default:
		rotation := notApplicable
		if rules := r.view.byID(r.c.account.ID).rules; rules != nil && rules.MaxAge > 0 {
			rotation = when(u.login.changed.AddDate(0, 0, rules.MaxAge), "")
		}
		line = append(line, "true", when(u.signedIn, "no_information"), when(u.login.changed, ""), rotation)
	}
	line = append(line, strconv.FormatBool(len(r.view.belongings(u, aDevice)) > 0))
	keys := r.view.belongings(u, anAccessKey)
	for i := range 2 {
		if i >= len(keys) {
			line = append(line, "false", notApplicable, notApplicable, notApplicable, notApplicable)
			continue
		}
		used := r.s.iam.lastUse(keys[i].id)
		region, service := used.region, used.service
		if used.at.IsZero() {
			region, service = notApplicable, notApplicable
		}
		line = append(line, strconv.FormatBool(keys[i].status == statusActive), when(keys[i].created, ""), when(used.at, notApplicable), region, service)
	}
	certificates := r.view.belongings(u, aCertificate)
	for i := range 2 {
		if i >= len(certificates) {
			line = append(line, "false", notApplicable)
			continue
		}
		line = append(line, strconv.FormatBool(certificates[i].status == statusActive), when(certificates[i].created, ""))
	}
	return line
}

// getAccountSummary counts what there is, beside the quotas.
func getAccountSummary(r *iamCall) (markup, *stsError) {
	n := func(kind entityKind) int { return len(r.view.in(r.c.account, kind)) }
	some := func(yes bool) int {
		if yes {
			return 1
		}
		return 0
	}
	inUse := len(r.view.list(aDevice, func(d *entity) bool { return d.account == r.c.account && d.owner != "" }))
	summary := map[string]int{
		"Users": n(aUser), "UsersQuota": 5000, "Groups": n(aGroup), "GroupsQuota": 300, "Roles": n(aRole), "RolesQuota": 1000,
		"Policies": n(aPolicy), "PoliciesQuota": 1500, "MFADevices": n(aDevice), "MFADevicesInUse": inUse,
		"AccountMFAEnabled": some(len(r.view.belongings(r.on, aDevice)) > 0), "AccountAccessKeysPresent": some(len(r.view.belongings(r.on, anAccessKey)) > 0),
		"AccountSigningCertificatesPresent": some(len(r.view.belongings(r.on, aCertificate)) > 0), "AccountPasswordPresent": 1,
		"AccessKeysPerUserQuota": 2, "SigningCertificatesPerUserQuota": 2, "GroupsPerUserQuota": maxGroups, "AttachedPoliciesPerUserQuota": maxAttached,
		"AttachedPoliciesPerGroupQuota": maxAttached, "AttachedPoliciesPerRoleQuota": maxAttached, "PolicySizeQuota": maxManaged,
		"UserPolicySizeQuota": aUser.maxInline(), "GroupPolicySizeQuota": aGroup.maxInline(), "AssumeRolePolicySizeQuota": 2048,
		"PolicyVersionsInUse": n(aPolicy), "PolicyVersionsInUseQuota": 10000, "VersionsPerPolicyQuota": 5, "GlobalEndpointTokenVersion": 1,
		"Providers": len(r.c.account.OIDCProviders), "InstanceProfiles": 0, "InstanceProfilesQuota": 1000, "ServerCertificates": 0, "ServerCertificatesQuota": 20,
	}
	names := make([]string, 0, len(summary))
	for name := range summary {
		names = append(names, name)
	}
	sort.Strings(names)
	var out []markup
	for _, name := range names {
		out = append(out, el("entry", leaf("key", name), count("value", summary[name])))
	}
	return el("SummaryMap", out...), nil
}
