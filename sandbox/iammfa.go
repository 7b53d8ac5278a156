package sandbox

import (
	"encoding/base32"
	"encoding/base64"
	"net/url"
	"time"
)

// maxDevices is AWS's limit for one user, security keys included.
const maxDevices = 8

// deviceMarkup is a VirtualMFADevice as lists have it.
func (r *iamCall) deviceMarkup(d *entity) markup {
	out := fields("SerialNumber", d.arn())
	if d.owner == "" {
		return out
	}
	if owner := r.view.byID(d.owner); owner != nil {
		out += el("User", r.userMarkup(owner, false))
	}
	return out + fields("EnableDate", stamp(d.enabled))
}

// createDevice makes a device that nobody has yet. Its seed is shown only now: the
// blob is the base32 text in base64.
func createDevice(r *iamCall) (markup, *stsError) {
	seed := random(40)
	if fail := r.create(&entity{owned: owned{seed: seed}}); fail != nil {
		return "", fail
	}
	text := base32.StdEncoding.EncodeToString(seed)
	address := "otpauth://totp/Amazon%20Web%20Services:" + url.PathEscape(r.on.name+"@"+r.c.account.ID) + "?secret=" + text + "&issuer=Amazon%20Web%20Services"
	picture, err := qrPicture(address)
	if err != nil {
		return "", refuse("ServiceFailure", "The request processing has failed because of an unknown error.")
	}
	blob := base64.StdEncoding.EncodeToString
	return el("VirtualMFADevice", fields("SerialNumber", r.on.arn(), "Base32StringSeed", blob([]byte(text)), "QRCodePNG", blob(picture)), taggedMarkup(r.on)), nil
}

// device finds the virtual device that a call about a user names.
func (r *iamCall) device() (*entity, *stsError) {
	serial := r.get("SerialNumber")
	d := r.view.byARN(aDevice, serial)
	if d == nil || d.account != r.c.account {
		return nil, noSuchEntity(aDevice, serial)
	}
	return d, nil
}

// pair spends the two codes of the request on a device.
func (r *iamCall) pair(d *entity) (drift int64, fail *stsError) {
	drift, ok := int64(0), false
	if d.seed != nil {
		drift, ok = r.s.iam.spendPair(d, r.get("AuthenticationCode1"), r.get("AuthenticationCode2"), r.x.now)
	}
	if !ok {
		return 0, refuse("InvalidAuthenticationCode", "Authentication code for device is not valid.")
	}
	return drift, nil
}

func enableDevice(r *iamCall) (markup, *stsError) {
	d, fail := r.device()
	switch {
	case fail != nil:
		return "", fail
	case d.owner != "":
		return "", refuse("EntityAlreadyExists", "MFA Device is already in use.")
	case len(r.view.belongings(r.on, aDevice)) >= maxDevices:
		return "", over("MFADevicesPerUser", maxDevices)
	}
	drift, fail := r.pair(d)
	if fail != nil {
		return "", fail
	}
	r.s.iam.edit(d, r.x.now, func(d *entity) { d.owner, d.enabled, d.drift = r.on.id, r.x.now.Truncate(time.Second), drift })
	return "", nil
}

// ofUser finds a device of the user that the call is about.
func (r *iamCall) ofUser() (*entity, *stsError) {
	d, fail := r.device()
	if fail == nil && d.owner != r.on.id {
		fail = noSuch("MFA Device invalid for user.")
	}
	return d, fail
}

func resyncDevice(r *iamCall) (markup, *stsError) {
	d, fail := r.ofUser()
	if fail != nil {
		return "", fail
	}
	drift, fail := r.pair(d)
	if fail != nil {
		return "", fail
	}
	r.s.iam.edit(d, r.x.now, func(d *entity) { d.drift = drift })
	return "", nil
}

// deactivateDevice takes the device from the user. A security key is then gone.
func deactivateDevice(r *iamCall) (markup, *stsError) {
	d, fail := r.ofUser()
	switch {
	case fail != nil:
		return "", fail
	case d.seed == nil:
		r.s.iam.remove(d, r.x.now)
	default:
		r.s.iam.edit(d, r.x.now, func(d *entity) { d.owner, d.enabled, d.drift = "", time.Time{}, 0 })
	}
	return "", nil
}

func deleteDevice(r *iamCall) (markup, *stsError) {
	if r.on.owner != "" {
		return "", refuse("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
	}
	r.s.iam.remove(r.on, r.x.now)
	return "", nil
}

func listDevices(r *iamCall) (markup, *stsError) {
	var out []markup
	for _, d := range r.view.belongings(r.on, aDevice) {
		out = append(out, fields("UserName", r.on.name, "SerialNumber", d.arn(), "EnableDate", stamp(d.enabled)))
	}
	return r.page("MFADevices", out), nil
}

func listVirtualDevices(r *iamCall) (markup, *stsError) {
	status := r.get("AssignmentStatus")
	var out []markup
	for _, d := range r.view.in(r.c.account, aDevice) {
		if d.seed != nil && (status != "Assigned" || d.owner != "") && (status != "Unassigned" || d.owner == "") {
			out = append(out, r.deviceMarkup(d))
		}
	}
	return r.page("VirtualMFADevices", out), nil
}
