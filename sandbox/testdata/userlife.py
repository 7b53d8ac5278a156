# The life of a user, as its administrator and itself see it. It runs against the
# sandbox and against moto; what moto does not check is left out there.
import base64, hashlib, hmac, json, struct, sys, time
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

url, strict, key, secret = sys.argv[1], sys.argv[2] == "strict", sys.argv[3], sys.argv[4]


def client(service, key, secret, token=None):
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", aws_access_key_id=key,
                        aws_secret_access_key=secret, aws_session_token=token, config=Config(retries={"max_attempts": 1}))


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e
        return e.response["Error"]["Message"]
    raise AssertionError("%s was not refused with %s" % (call.__name__, code))


def totp(seed, step):
    mac = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff) % 1000000)


admin = client("iam", key, secret)
admin.update_account_password_policy(MinimumPasswordLength=10, RequireNumbers=True, PasswordReusePrevention=2)
rules = admin.get_account_password_policy()["PasswordPolicy"]
assert rules["MinimumPasswordLength"] == 10 and rules["RequireNumbers"] and rules["PasswordReusePrevention"] == 2, rules

user = admin.create_user(UserName="erin", Path="/people/", Tags=[{"Key": "team", "Value": "core"}])["User"]
assert user["Arn"].endswith(":user/people/erin") and user["Path"] == "/people/", user
refused("EntityAlreadyExists", admin.create_user, UserName="erin")
assert "erin" in [u["UserName"] for u in admin.list_users(PathPrefix="/people/")["Users"]]
admin.tag_user(UserName="erin", Tags=[{"Key": "badge", "Value": "7 & 8"}])
assert {t["Key"]: t["Value"] for t in admin.list_user_tags(UserName="erin")["Tags"]} == {"team": "core", "badge": "7 & 8"}
admin.untag_user(UserName="erin", TagKeys=["team"])

if strict:
    refused("PasswordPolicyViolation", admin.create_login_profile, UserName="erin", Password="short")
admin.create_login_profile(UserName="erin", Password="First-word-1", PasswordResetRequired=True)
refused("EntityAlreadyExists", admin.create_login_profile, UserName="erin", Password="First-word-2")
if strict:
    assert admin.get_login_profile(UserName="erin")["LoginProfile"]["PasswordResetRequired"] is True
admin.update_login_profile(UserName="erin", Password="Second-word-2", PasswordResetRequired=False)

admin.create_group(GroupName="people")
admin.add_user_to_group(GroupName="people", UserName="erin")
assert [g["GroupName"] for g in admin.list_groups_for_user(UserName="erin")["Groups"]] == ["people"]
assert [u["UserName"] for u in admin.get_group(GroupName="people")["Users"]] == ["erin"]

own = {"Version": "2012-10-17", "Statement": [
    {"Sid": "Own", "Effect": "Allow", "Action": ["iam:*AccessKey*", "iam:ChangePassword", "iam:GetUser", "iam:*MFADevice*"],
     "Resource": ["arn:aws:iam::*:user/people/${aws:username}", "arn:aws:iam::*:mfa/${aws:username}"]},
    {"Effect": "Allow", "Action": "iam:ListVirtualMFADevices", "Resource": "*"}]}
admin.put_group_policy(GroupName="people", PolicyName="own", PolicyDocument=json.dumps(own))
assert admin.get_group_policy(GroupName="people", PolicyName="own")["PolicyDocument"] == own
managed = admin.create_policy(PolicyName="readers", PolicyDocument=json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}]}))["Policy"]
admin.attach_user_policy(UserName="erin", PolicyArn=managed["Arn"])
assert admin.get_policy(PolicyArn=managed["Arn"])["Policy"]["AttachmentCount"] == 1
assert [p["PolicyArn"] for p in admin.list_attached_user_policies(UserName="erin")["AttachedPolicies"]] == [managed["Arn"]]
refused("DeleteConflict", admin.delete_user, UserName="erin")

made = admin.create_access_key(UserName="erin")["AccessKey"]
admin.create_access_key(UserName="erin")
assert "AccessKeysPerUser: 2" in refused("LimitExceeded", admin.create_access_key, UserName="erin")
erin = client("iam", made["AccessKeyId"], made["SecretAccessKey"])
device = erin.create_virtual_mfa_device(VirtualMFADeviceName="erin")["VirtualMFADevice"]
serial, seed = device["SerialNumber"], device["Base32StringSeed"].decode()
if strict:
    assert device["QRCodePNG"].startswith(b"\x89PNG") and len(base64.b32decode(seed)) == 40
    assert erin.get_user()["User"]["UserName"] == "erin" and len(erin.list_users()["Users"]) > 1
    assert "no identity-based policy allows the iam:ListGroups action" in refused("AccessDenied", erin.list_groups)
    refused("AccessDenied", erin.change_password, OldPassword="First-word-1", NewPassword="Third-word-3")
    refused("PasswordPolicyViolation", erin.change_password, OldPassword="Second-word-2", NewPassword="First-word-1")
    erin.change_password(OldPassword="Second-word-2", NewPassword="Third-word-3")
    step = int(time.time()) // 30
    refused("InvalidAuthenticationCode", erin.enable_mfa_device, UserName="erin", SerialNumber=serial,
            AuthenticationCode1=totp(seed, step), AuthenticationCode2=totp(seed, step - 1))
    erin.enable_mfa_device(UserName="erin", SerialNumber=serial, AuthenticationCode1=totp(seed, step - 1), AuthenticationCode2=totp(seed, step))
    sts = client("sts", made["AccessKeyId"], made["SecretAccessKey"])
    refused("AccessDenied", sts.get_session_token, SerialNumber=serial, TokenCode=totp(seed, step))  # it is spent
    session = sts.get_session_token(SerialNumber=serial, TokenCode=totp(seed, step + 1))["Credentials"]
    refused("DeleteConflict", admin.delete_virtual_mfa_device, SerialNumber=serial)
else:
    admin.enable_mfa_device(UserName="erin", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321")
assert [d["SerialNumber"] for d in admin.list_mfa_devices(UserName="erin")["MFADevices"]] == [serial]
assert serial in [d["SerialNumber"] for d in admin.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]]
assert serial not in [d["SerialNumber"] for d in admin.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]]

admin.put_user_policy(UserName="erin", PolicyName="off", PolicyDocument=json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}))
if strict:
    over = client("iam", session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    assert "explicit deny in an identity-based policy" in refused("AccessDenied", over.get_user)
assert admin.list_user_policies(UserName="erin")["PolicyNames"] == ["off"]

for k in admin.list_access_keys(UserName="erin")["AccessKeyMetadata"]:
    admin.update_access_key(UserName="erin", AccessKeyId=k["AccessKeyId"], Status="Inactive")
    admin.delete_access_key(UserName="erin", AccessKeyId=k["AccessKeyId"])
if strict:
    refused("InvalidClientTokenId", over.get_user)
    refused("InvalidClientTokenId", erin.get_user)
admin.delete_login_profile(UserName="erin")
refused("NoSuchEntity", admin.get_login_profile, UserName="erin")
admin.deactivate_mfa_device(UserName="erin", SerialNumber=serial)
admin.delete_virtual_mfa_device(SerialNumber=serial)
admin.delete_user_policy(UserName="erin", PolicyName="off")
admin.detach_user_policy(UserName="erin", PolicyArn=managed["Arn"])
admin.remove_user_from_group(GroupName="people", UserName="erin")
admin.delete_user(UserName="erin")
refused("NoSuchEntity", admin.get_user, UserName="erin")
admin.delete_group_policy(GroupName="people", PolicyName="own")
admin.delete_group(GroupName="people")
admin.delete_policy(PolicyArn=managed["Arn"])
admin.delete_account_password_policy()
print("lived")
