"""Web Bot Auth, in both forms that are on the wire, with the package `requests-http-signature`."""

import base64
import datetime

import requests
from cryptography.hazmat.primitives.asymmetric import ed25519
from requests_http_signature import HTTPSignatureAuth, algorithms

from trial import told, trial

member = told["jwk"]["d"]
seed = base64.urlsafe_b64decode(member + "=" * (-len(member) % 4))
agent, covered = f'"{told["directory"]}"', "signature-agent"
if told["draft"]:
    agent, covered = f"sig1={agent}", '"signature-agent";key="sig1"'

auth = HTTPSignatureAuth(
    signature_algorithm=algorithms.ED25519,
    key=ed25519.Ed25519PrivateKey.from_private_bytes(seed),
    key_id=told["thumbprint"],
    covered_component_ids=["@method", "@authority", "@target-uri", covered],
    label="sig1",
    tag="web-bot-auth",
    use_nonce=True,
    expires_in=datetime.timedelta(seconds=60),
)


def sign(request: requests.Request) -> requests.PreparedRequest:
    request.headers["Signature-Agent"] = agent
    request.auth = auth
    return request.prepare()


trial(sign)
