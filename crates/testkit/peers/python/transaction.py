"""A `Txn-Token` as an API would check it, with the package `jwskate`: at the published keys, with the
algorithm of the key, and then claim by claim."""

import base64
import hashlib
import json
import sys

from jwskate import JwkSet, SignedJwt

told = json.load(sys.stdin)


def check(text: str) -> str:
    """What an API makes of a token that came with a request: `ok`, or what is wrong with it."""
    token = SignedJwt(text)
    if token.typ != "txntoken+jwt":
        return "another kind of token"
    keys = [key for key in JwkSet(told["jwks"]).jwks if key.kid == token.kid]
    if not keys or not token.verify_signature(keys[0], alg=keys[0].alg):
        return "signature"
    claims = token.claims
    if claims["iss"] != told["issuer"] or claims["aud"] != told["trust_domain"]:
        return "issuer or audience"
    if not claims["iat"] - 5 <= told["now"] < claims["exp"]:
        return "expired"
    digest = base64.urlsafe_b64encode(hashlib.sha256(told["target"].encode()).digest())
    if claims["tctx"]["target_digest"] != digest.rstrip(b"=").decode():
        return "another request"
    return "ok"


json.dump([check(text) for text in told["tokens"]], sys.stdout)
