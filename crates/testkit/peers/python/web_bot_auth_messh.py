"""Web Bot Auth with a client published for Python, `messh-sdk`, as it is: it covers method, authority,
path, query, body and the directory, and uses a nonce."""

import base64
import os

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from messh.client import Client
from messh.keys import key_env
from messh.requests import MesshAuth

from trial import told, trial

member = told["jwk"]["d"]
seed = base64.urlsafe_b64decode(member + "=" * (-len(member) % 4))
key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
os.environ["MESSH_KEY"] = key.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
auth = MesshAuth(Client("ticket-bot", key=key_env("MESSH_KEY"), registry=told["directory"]))


def sign(request: requests.Request) -> requests.PreparedRequest:
    request.auth = auth
    return request.prepare()


trial(sign)
