package awsapi

import (
	"context"
	"net/url"
	"time"

	"github.com/latchkey-aws/latchkey/secret"
)

// RoleCredentialsInput names an Identity Center account and permission set.
type RoleCredentialsInput struct {
	AccountID, RoleName string
	AccessToken         secret.Text
}

// GetRoleCredentials exchanges an Identity Center access token for a role's session.
// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html
func (c *Client) GetRoleCredentials(ctx context.Context, e Endpoint, in RoleCredentialsInput) (SessionOutput, error) {
	k := portalCall("GetRoleCredentials", e, in.AccessToken)
	k.path = "/federation/credentials?" + url.Values{"account_id": {in.AccountID}, "role_name": {in.RoleName}}.Encode()
	if in.AccessToken.Empty() {
		return SessionOutput{}, &InputError{k.label(), "no access token"}
	}
	d, err := c.do(ctx, k)
	if err != nil {
		return SessionOutput{}, err
	}
	const at = "roleCredentials/"
	creds, missing := d.credentials(at, "accessKeyId", "secretAccessKey", "sessionToken")
	// Epoch milliseconds. Seconds would be a date of 1970, years beyond 9999
	// have no RFC 3339 form.
	ms, ok := d.integer(at + "expiration")
	if missing == "" && (!ok || ms < 1e11 || ms > 253402300799999) {
		missing = "expiration"
	}
	if missing != "" {
		return SessionOutput{}, k.lacks(missing)
	}
	creds.Expires = time.UnixMilli(ms).UTC()
	creds.AccountID = in.AccountID
	return SessionOutput{Credentials: creds}, nil
}
