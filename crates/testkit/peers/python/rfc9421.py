"""RFC 9421 with the package `requests-http-signature`."""

import base64
import datetime

import requests
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from requests_http_signature import HTTPSignatureAuth, algorithms

from trial import told, trial

jwk = told["jwk"]


def member(name: str) -> bytes:
    """What a member of the JWK holds."""
    return base64.urlsafe_b64decode(jwk[name] + "=" * (-len(jwk[name]) % 4))


match told["algorithm"]:
    case "ed25519":
        algorithm = algorithms.ED25519
        key = ed25519.Ed25519PrivateKey.from_private_bytes(member("d"))
    case "ecdsa-p256-sha256":
        algorithm = algorithms.ECDSA_P256_SHA256
        key = ec.derive_private_key(int.from_bytes(member("d")), ec.SECP256R1())
    case "hmac-sha256":
        algorithm = algorithms.HMAC_SHA256
        key = member("k")

# The digest of a body is added and covered, and `Date`, without being asked for.
auth = HTTPSignatureAuth(
    signature_algorithm=algorithm,
    key=key,
    key_id=told["keyid"],
    use_nonce=True,
    expires_in=datetime.timedelta(seconds=60),
)


def sign(request: requests.Request) -> requests.PreparedRequest:
    request.auth = auth
    return request.prepare()


trial(sign)
