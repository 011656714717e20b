"""A person's consent (OAuth 2.1) with the package `authlib`: metadata that its own rules hold, a
code with PKCE, and refresh tokens."""

import json
import os
import sys

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the servers of a test speak plain HTTP

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url

told = json.load(sys.stdin)
found = requests.get(get_well_known_url(told["issuer"], external=True)).json()
server = AuthorizationServerMetadata(found)
server.validate()
client = OAuth2Session(
    told["client_id"],
    token_endpoint_auth_method="none",
    scope=told["scope"],
    redirect_uri=told["redirect_uri"],
    code_challenge_method="S256",
)
verifier = generate_token(48)
asked, state = client.create_authorization_url(
    server["authorization_endpoint"], code_verifier=verifier, prompt="consent"
)
answered = requests.post(told["person"], data=asked.encode()).text
tokens = [
    client.fetch_token(
        server["token_endpoint"],
        authorization_response=answered,
        state=state,
        code_verifier=verifier,
    )
]
called = client.get(told["url"])


def refresh(token: str) -> dict:
    return client.refresh_token(server["token_endpoint"], refresh_token=token)


for _ in range(2):
    tokens.append(refresh(tokens[-1]["refresh_token"]))


def refusal(token: str) -> str | None:
    """How it is refused at last: a client whose answers were lost may ask a few times more."""
    for _ in range(5):
        try:
            refresh(token)
        except OAuthError as error:
            return error.error
    return None


verdicts = {
    "call": called.status_code,
    "rotated": len({it["refresh_token"] for it in tokens}) == 3,
    "replayed": refusal(tokens[0]["refresh_token"]),
    "ended": refusal(tokens[2]["refresh_token"]),
}
json.dump(verdicts, sys.stdout)
