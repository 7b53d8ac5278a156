"""Says what botocore does in the worlds that stand on standard input, one JSON object a line.

Nothing leaves the process: every request is answered here, with credentials that name the request.
"""

import copy
import io
import json
import os
import re
import sys
import urllib.parse

import botocore.credentials
import botocore.httpsession
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.exceptions import NoCredentialsError

botocore.credentials.EC = botocore.credentials.EC or object()  # as with botocore[crt], which a cached sign-in does not need
EXPIRES = "2099-01-01T00:00:00Z"
calls = []


class Raw(io.BytesIO):
    def stream(self, **kwargs):
        yield self.read()


def header(request, name):
    value = request.headers.get(name, "")
    return value.decode() if isinstance(value, bytes) else value


def sts(request):
    body = request.body.decode() if isinstance(request.body, bytes) else request.body
    form = urllib.parse.parse_qs(body, keep_blank_values=True)
    call = form["Action"][0]
    signer = re.search(r"(?s)Credential=(.*?)/\d{8}/", header(request, "Authorization"))
    if signer:
        call += " by=" + signer.group(1)
    for name in ("RoleArn", "RoleSessionName", "ExternalId", "SerialNumber", "DurationSeconds"):
        if name in form and not form[name][0].startswith("botocore-session-"):
            call += f" {name}={form[name][0]}"
    calls.append(call)
    op = form["Action"][0]
    return (
        f'<{op}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{op}Result><Credentials><AccessKeyId>K{len(calls)}</AccessKeyId>'
        f"<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>{EXPIRES}</Expiration></Credentials>"
        f"<AssumedRoleUser><AssumedRoleId>A:b</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/a/b</Arn></AssumedRoleUser></{op}Result></{op}Response>"
    )


def answer(request):
    url = urllib.parse.urlparse(request.url)
    credentials = {"Code": "Success", "AccessKeyId": "", "SecretAccessKey": "s", "Token": "t", "Expiration": EXPIRES, "LastUpdated": EXPIRES, "Type": "AWS-HMAC"}
    if url.path == "/federation/credentials":
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        calls.append(f"GetRoleCredentials account={query['account_id'][0]} role={query['role_name'][0]} token={header(request, 'x-amz-sso_bearer_token')} at={url.hostname}")
        return json.dumps({"roleCredentials": {"accessKeyId": f"K{len(calls)}", "secretAccessKey": "s", "sessionToken": "t", "expiration": 4070908800000}})
    if url.path == "/latest/api/token":
        return "token"
    if url.path.endswith("/availability-zone/"):
        return "eu-west-1a"
    if url.path.endswith("/security-credentials/"):
        return "role"
    if url.path.endswith("/security-credentials/role"):
        calls.append("imds")
        credentials["AccessKeyId"] = f"K{len(calls)}"
        return json.dumps(credentials)
    if url.hostname.startswith("sts"):
        return sts(request)
    calls.append("container " + request.url)
    credentials["AccessKeyId"] = f"K{len(calls)}"
    return json.dumps(credentials)


def send(self, request):
    return AWSResponse(request.url, 200, {}, Raw(answer(request).encode()))


botocore.httpsession.URLLib3Session.send = send
template = botocore.session.Session()
loader = template.get_component("data_loader")
endpoints = template._get_internal_component("endpoint_resolver")


def start(world):
    # The handlers are the same for all sessions, and take most of the time to register.
    handlers = copy.copy(template._original_handler)
    session = botocore.session.Session(profile=world["profile"] if world["named"] else None, event_hooks=handlers, include_builtin_handlers=False)
    if world["v2"]:
        # What version 2 of the AWS CLI has changed in its copy.
        session.session_var_map["profile"] = (None, ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"], None, None)
        session.session_var_map["region"] = ("region", ["AWS_REGION", "AWS_DEFAULT_REGION"], None, None)
    session.register_component("data_loader", loader)
    session._internal_components.register_component("endpoint_resolver", endpoints)
    return session


def observe(world):
    os.environ.clear()
    os.environ.update(world["env"])
    calls.clear()
    out = {"name": world["name"]}
    try:
        out["region"] = start(world).get_config_variable("region") or ""
    except Exception:
        pass  # the same is raised below
    try:
        session = start(world)
        for provider in session.get_component("credential_provider").providers:
            if hasattr(provider, "_prompter"):
                provider._prompter = lambda prompt: "123456"
        session.create_client("sts")
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError()
        out["key"] = credentials.get_frozen_credentials().access_key
    except Exception as e:
        out["class"], out["error"] = type(e).__name__, str(e)
    out["calls"] = list(calls)
    return out


for line in sys.stdin:
    print(json.dumps(observe(json.loads(line))), flush=True)
