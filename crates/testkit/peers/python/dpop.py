"""DPoP (RFC 9449) with the package `requests-oauth2client`: a token for a key of this process, by
`private_key_jwt` and client credentials, and then calls with it."""

import json
import sys

import requests
from requests_oauth2client import DPoPKey, OAuth2Client, PrivateKeyJwt

told = json.load(sys.stdin)
key = told["jwk"] | {"kid": told["keyid"]}
client = OAuth2Client.from_discovery_endpoint(
    issuer=told["issuer"],
    auth=PrivateKeyJwt(told["client_id"], key, alg="EdDSA", aud=told["issuer"]),
    testing=True,  # the servers of a test speak plain HTTP
)
dpop_key = DPoPKey.generate()
# The nonce that the server asks for is answered with in here, both times.
token = client.client_credentials(scope=told["scope"], dpop=True, dpop_key=dpop_key)
session = requests.Session()
once = session.get(told["url"], auth=token)


def sent(suffix: str = "") -> requests.Response:
    """The same bytes once more, at this URL or another."""
    request = once.request.copy()
    request.hooks = requests.hooks.default_hooks()
    request.url += suffix
    return session.send(request)


def verdict(answer: requests.Response) -> str:
    body = answer.json()
    return f"{answer.status_code} {body['agent'] if answer.ok else body['code']}"


verdicts = {
    "nonce": dpop_key.as_nonce is not None,
    "type": token.token_type,
    "once": verdict(once),
    "again": verdict(sent()),
    "elsewhere": verdict(sent("0")),
}
json.dump(verdicts, sys.stdout)
