package sandbox

import (
	"crypto/md5"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"time"
)

// belonging says how IAM speaks of one kind of thing that users have.
type belonging struct {
	kind     entityKind
	id       string // parameter and element with the id
	list     string // element of the list
	one      string // element of one
	word     string // in messages
	date     string // element of when it was made
	quota    string
	most     int
	services bool // names a service
}

func belongingsTable() []belonging {
	return []belonging{
		{anAccessKey, "AccessKeyId", "AccessKeyMetadata", "AccessKey", "Access Key", "CreateDate", "AccessKeysPerUser", 2, false},
		{aCertificate, "CertificateId", "Certificates", "Certificate", "Certificate", "UploadDate", "SigningCertificatesPerUser", 2, false},
		{anSSHKey, "SSHPublicKeyId", "SSHPublicKeys", "SSHPublicKey", "SSH Public Key", "UploadDate", "SSHPublicKeysPerUser", 5, false},
		{aServiceCredential, "ServiceSpecificCredentialId", "ServiceSpecificCredentials", "ServiceSpecificCredential", "Service Specific Credential",
			"CreateDate", "ServiceSpecificCredentialsPerUser", 2, true},
	}
}

// belonging is what the operation is about, by its name.
func (r *iamCall) belonging() *belonging {
	table := belongingsTable()
	for i := range table {
		if b := &table[i]; strings.Contains(r.op.name, strings.TrimSuffix(b.id, "Id")) {
			return b
		}
	}
	return &table[1] // SigningCertificate
}

// markup is one of them without its secret.
func (b *belonging) markup(owner, e *entity) markup {
	out := fields("UserName", owner.name, b.id, e.name, "Status", e.status, b.date, stamp(e.created))
	switch b.kind {
	case aCertificate:
		out += fields("CertificateBody", e.body)
	case aServiceCredential:
		out += fields("ServiceName", e.body, "ServiceUserName", owner.name+"-at-"+owner.account.ID)
	}
	return out
}

func listBelongings(r *iamCall) (markup, *stsError) {
	b := r.belonging()
	var out []markup
	for _, e := range r.view.belongings(r.on, b.kind) {
		if service := r.get("ServiceName"); !b.services || service == "" || service == e.body {
			out = append(out, b.markup(r.on, e))
		}
	}
	return r.page(b.list, out), nil
}

// mine finds the one that the call names.
func (r *iamCall) mine(b *belonging) (*entity, *stsError) {
	id := r.get(b.id)
	for _, e := range r.view.belongings(r.on, b.kind) {
		if e.name == id {
			return e, nil
		}
	}
	return nil, noSuch("The " + b.word + " with id " + clip(id) + " cannot be found.")
}

func updateBelonging(r *iamCall) (markup, *stsError) {
	e, fail := r.mine(r.belonging())
	if fail == nil {
		status := r.get("Status")
		r.s.iam.edit(e, r.x.now, func(e *entity) { e.status = status })
	}
	return "", fail
}

func deleteBelonging(r *iamCall) (markup, *stsError) {
	e, fail := r.mine(r.belonging())
	if fail == nil {
		r.s.iam.remove(e, r.x.now)
	}
	return "", fail
}

// newBelonging gives the user another one, if there may be as many.
func (r *iamCall) newBelonging(id string, what owned) (*entity, *belonging, *stsError) {
	b := r.belonging()
	n := 0
	for _, e := range r.view.belongings(r.on, b.kind) {
		if !b.services || e.body == what.body {
			n++
		}
	}
	if n >= b.most {
		return nil, b, over(b.quota, b.most)
	}
	e := &entity{kind: b.kind, account: r.c.account, name: id, id: id, created: r.x.now.Truncate(time.Second), owned: what}
	e.owner, e.status = r.on.id, statusActive
	return r.s.iam.add(e, r.x.now), b, nil
}

// madeID says EXAMPLE, like every id of the sandbox.
func madeID(prefix string) string {
	return prefix + base32.StdEncoding.EncodeToString(random(10))[:9] + "EXAMPLE"
}

func madeSecret() string { return base64.StdEncoding.EncodeToString(random(24))[:30] + "EXAMPLEKEY" }

func createAccessKey(r *iamCall) (markup, *stsError) {
	k, b, fail := r.newBelonging(madeID("AKIA"), owned{secret: madeSecret(), works: r.x.now.Add(r.s.world.Settings.NewKeyDelay)})
	if fail != nil {
		return "", fail
	}
	return el(b.one, b.markup(r.on, k), fields("SecretAccessKey", k.secret)), nil
}

func uploadCertificate(r *iamCall) (markup, *stsError) {
	body := r.get("CertificateBody")
	if block, _ := pem.Decode([]byte(body)); block == nil || block.Type != "CERTIFICATE" {
		return "", refuse("MalformedCertificate", "Certificate "+clip(body)+" is malformed")
	}
	e, b, fail := r.newBelonging(base32.StdEncoding.EncodeToString(random(20))[:25]+"EXAMPLE", owned{body: body})
	if fail != nil {
		return "", fail
	}
	return el(b.one, b.markup(r.on, e)), nil
}

func uploadSSHKey(r *iamCall) (markup, *stsError) {
	body := r.get("SSHPublicKeyBody")
	words := strings.Fields(body)
	if len(words) < 2 || words[0] != "ssh-rsa" {
		return "", refuse("InvalidPublicKey", "The public key is not an RSA key in the ssh-rsa format.")
	}
	raw, err := base64.StdEncoding.DecodeString(words[1])
	if err != nil {
		return "", refuse("InvalidPublicKey", "The public key cannot be read.")
	}
	e, b, fail := r.newBelonging(madeID("APKA"), owned{body: body})
	if fail != nil {
		return "", fail
	}
	sum := md5.Sum(raw)
	digits := hex.EncodeToString(sum[:])
	var pairs []string
	for i := 0; i < len(digits); i += 2 {
		pairs = append(pairs, digits[i:i+2])
	}
	return el(b.one, b.markup(r.on, e), fields("SSHPublicKeyBody", body, "Fingerprint", strings.Join(pairs, ":"))), nil
}

func createServiceCredential(r *iamCall) (markup, *stsError) {
	service := r.get("ServiceName")
	if service != "codecommit.amazonaws.com" && service != "cassandra.amazonaws.com" {
		return "", refuse("NotSupportedService", "No such service "+clip(service)+" is supported for Service Specific Credentials")
	}
	e, b, fail := r.newBelonging(madeID("ACCA"), owned{body: service, secret: madeSecret()})
	if fail != nil {
		return "", fail
	}
	return el(b.one, b.markup(r.on, e), fields("ServicePassword", e.secret)), nil
}

func resetServiceCredential(r *iamCall) (markup, *stsError) {
	b := r.belonging()
	e, fail := r.mine(b)
	if fail != nil {
		return "", fail
	}
	e = r.s.iam.edit(e, r.x.now, func(e *entity) { e.secret = madeSecret() })
	return el(b.one, b.markup(r.on, e), fields("ServicePassword", e.secret)), nil
}

// findByKey finds the user by the access key that the call names.
func (r *iamCall) findByKey() *stsError {
	id := r.get("AccessKeyId")
	k := r.view.byID(id)
	if k == nil || k.kind != anAccessKey || k.account != r.c.account { // which is not told apart
		return r.c.unauthorized("iam:GetAccessKeyLastUsed", "access key "+id)
	}
	if r.on = r.view.byID(k.owner); r.on == nil {
		return r.c.unauthorized("iam:GetAccessKeyLastUsed", "access key "+id)
	}
	r.arn = r.on.arn()
	if v := r.judge(); !v.allowed {
		return r.c.refusal(v, "iam:"+r.op.name, r.on.shown())
	}
	return nil
}

func getAccessKeyLastUsed(r *iamCall) (markup, *stsError) {
	used := r.s.iam.lastUse(r.get("AccessKeyId"))
	last := fields("ServiceName", "N/A", "Region", "N/A")
	if !used.at.IsZero() {
		last = fields("LastUsedDate", stamp(used.at), "ServiceName", used.service, "Region", used.region)
	}
	return fields("UserName", r.on.name) + el("AccessKeyLastUsed", last), nil
}
