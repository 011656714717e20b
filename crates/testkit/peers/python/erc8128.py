"""ERC-8128, in both forms that are on the wire. No published client in Python signs either: the
signature is made with the packages `requests-http-signature` (RFC 9421) and `eth-account`."""

import datetime

import requests
from eth_account import Account
from eth_account.messages import encode_defunct
from http_message_signatures import HTTPSignatureAlgorithm
from requests_http_signature import HTTPSignatureAuth

from trial import told, trial

account = Account.from_key(told["private_key"])


class PersonalMessage(HTTPSignatureAlgorithm):
    """A message signed by an account (ERC-191)."""

    algorithm_id = "eip191"

    def __init__(self, public_key=None, private_key=None):
        self.account = private_key

    def sign(self, message: bytes) -> bytes:
        return bytes(self.account.sign_message(encode_defunct(message)).signature)


def sign(request: requests.Request) -> requests.PreparedRequest:
    covered = ["@authority", "@method", "@path"]
    key_id, tag = f"erc8128:1:{account.address.lower()}", None
    if told["draft"]:
        covered += ["@scheme", "@query"] + (["content-type"] if request.data else [])
        key_id, tag = f"eip155:1:{account.address.lower()}", "erc8128"
    elif "?" in request.url:
        covered.append("@query")
    request.auth = HTTPSignatureAuth(
        signature_algorithm=PersonalMessage,
        key=account,
        key_id=key_id,
        covered_component_ids=covered,
        label="eth",
        tag=tag,
        include_alg=False,
        use_nonce=True,
        expires_in=datetime.timedelta(seconds=60),
    )
    return request.prepare()


trial(sign)
