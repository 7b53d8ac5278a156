# What hangs on a user beside keys and devices, on the sandbox.
import base64, json, subprocess, sys
import boto3
from botocore.exceptions import ClientError

iam = boto3.client("iam")
iam.create_user(UserName="erin")


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e
        return
    raise AssertionError("%s was not refused with %s" % (call.__name__, code))


certificate = "-----BEGIN CERTIFICATE-----\n" + base64.b64encode(b"made up" * 10).decode() + "\n-----END CERTIFICATE-----\n"
refused("MalformedCertificate", iam.upload_signing_certificate, UserName="erin", CertificateBody="x")
made = iam.upload_signing_certificate(UserName="erin", CertificateBody=certificate)["Certificate"]
assert made["CertificateBody"] == certificate and made["Status"] == "Active" and made["UploadDate"], made
iam.update_signing_certificate(UserName="erin", CertificateId=made["CertificateId"], Status="Inactive")
assert [c["Status"] for c in iam.list_signing_certificates(UserName="erin")["Certificates"]] == ["Inactive"]

body = "ssh-rsa " + base64.b64encode(b"\x00\x00\x00\x07ssh-rsa made up").decode() + " erin"
refused("InvalidPublicKey", iam.upload_ssh_public_key, UserName="erin", SSHPublicKeyBody="ssh-ed25519 AAAA")
ssh = iam.upload_ssh_public_key(UserName="erin", SSHPublicKeyBody=body)["SSHPublicKey"]
assert ssh["SSHPublicKeyBody"] == body and len(ssh["Fingerprint"]) == 47 and ssh["SSHPublicKeyId"].startswith("APKA"), ssh
iam.update_ssh_public_key(UserName="erin", SSHPublicKeyId=ssh["SSHPublicKeyId"], Status="Inactive")
assert [k["Status"] for k in iam.list_ssh_public_keys(UserName="erin")["SSHPublicKeys"]] == ["Inactive"]

service = iam.create_service_specific_credential(UserName="erin", ServiceName="codecommit.amazonaws.com")["ServiceSpecificCredential"]
name = service["ServiceSpecificCredentialId"]
assert service["ServiceUserName"] == "erin-at-111122223333" and "EXAMPLE" in service["ServicePassword"], service
other = iam.reset_service_specific_credential(UserName="erin", ServiceSpecificCredentialId=name)["ServiceSpecificCredential"]
assert other["ServicePassword"] != service["ServicePassword"]
refused("NotSupportedService", iam.create_service_specific_credential, UserName="erin", ServiceName="x.amazonaws.com")
iam.update_service_specific_credential(UserName="erin", ServiceSpecificCredentialId=name, Status="Inactive")
listed = iam.list_service_specific_credentials(UserName="erin", ServiceName="codecommit.amazonaws.com")["ServiceSpecificCredentials"]
assert [c["Status"] for c in listed] == ["Inactive"] and "ServicePassword" not in listed[0], listed
assert iam.list_service_specific_credentials(UserName="erin", ServiceName="cassandra.amazonaws.com")["ServiceSpecificCredentials"] == []

for delete, arguments in (
    (iam.delete_signing_certificate, {"CertificateId": made["CertificateId"]}),
    (iam.delete_ssh_public_key, {"SSHPublicKeyId": ssh["SSHPublicKeyId"]}),
    (iam.delete_service_specific_credential, {"ServiceSpecificCredentialId": name}),
):
    refused("DeleteConflict", iam.delete_user, UserName="erin")
    delete(UserName="erin", **arguments)
    refused("NoSuchEntity", delete, UserName="erin", **arguments)

trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}]}
role = iam.create_role(RoleName="ops", Path="/team/", AssumeRolePolicyDocument=json.dumps(trust), Description="a < b", MaxSessionDuration=7200,
                       Tags=[{"Key": "k", "Value": ""}])["Role"]
assert role["AssumeRolePolicyDocument"] == trust and role["Description"] == "a < b" and role["Tags"] == [{"Key": "k", "Value": ""}], role
iam.update_role(RoleName="ops", MaxSessionDuration=3600)
assert [(r["RoleName"], r["MaxSessionDuration"], r["Description"]) for r in iam.list_roles(PathPrefix="/team/")["Roles"]] == [("ops", 3600, "a < b")]
refused("MalformedPolicyDocument", iam.update_assume_role_policy, RoleName="ops", PolicyDocument="{}")
iam.attach_role_policy(RoleName="ops", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
found = iam.list_entities_for_policy(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
assert [r["RoleName"] for r in found["PolicyRoles"]] == ["ops"] and found["PolicyUsers"] == [], found
assert [p["PolicyName"] for p in iam.list_policies(Scope="AWS", OnlyAttached=True)["Policies"]] == ["AdministratorAccess", "ReadOnlyAccess"]
version = iam.get_policy_version(PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess", VersionId="v1")["PolicyVersion"]
assert version["Document"]["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}] and version["IsDefaultVersion"], version
refused("DeleteConflict", iam.delete_role, RoleName="ops")
iam.detach_role_policy(RoleName="ops", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
iam.delete_role(RoleName="ops")

iam.update_user(UserName="erin", NewUserName="erin2", NewPath="/a/")
assert iam.get_user(UserName="ERIN2")["User"]["Arn"] == "arn:aws:iam::111122223333:user/a/erin2"
pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2})
assert [u["UserName"] for p in pages for u in p["Users"]] == ["alice", "bob", "carol", "dana", "erin2"]

# The AWS CLI makes a device with its picture.
cli, folder = sys.argv[1], sys.argv[2]
subprocess.run([cli, "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", "erin2", "--outfile", folder + "/qr.png",
                "--bootstrap-method", "QRCodePNG"], check=True, stdout=subprocess.DEVNULL)
assert open(folder + "/qr.png", "rb").read(8) == b"\x89PNG\r\n\x1a\n"
subprocess.run([cli, "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", "erin3", "--outfile", folder + "/seed",
                "--bootstrap-method", "Base32StringSeed"], check=True, stdout=subprocess.DEVNULL)
assert len(base64.b32decode(open(folder + "/seed").read())) == 40
print("kept")
