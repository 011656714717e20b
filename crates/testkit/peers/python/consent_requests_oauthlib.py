"""A person's consent (OAuth 2.1) with the package `requests-oauthlib`: a code with PKCE, and
refresh tokens."""

import json
import os
import sys

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the servers of a test speak plain HTTP

import requests
from oauthlib.oauth2 import OAuth2Error
from requests_oauthlib import OAuth2Session

told = json.load(sys.stdin)
server = requests.get(f"{told['issuer']}/.well-known/oauth-authorization-server").json()
client = OAuth2Session(
    told["client_id"], redirect_uri=told["redirect_uri"], scope=told["scope"], pkce="S256"
)
asked, _ = client.authorization_url(server["authorization_endpoint"], prompt="consent")
answered = requests.post(told["person"], data=asked.encode()).text
endpoint = server["token_endpoint"]
tokens = [
    client.fetch_token(endpoint, authorization_response=answered, include_client_id=True)
]
called = client.get(told["url"])


def refresh(token: str) -> dict:
    return client.refresh_token(endpoint, refresh_token=token, client_id=told["client_id"])


for _ in range(2):
    tokens.append(refresh(tokens[-1]["refresh_token"]))


def refusal(token: str) -> str | None:
    """How it is refused at last: a client whose answers were lost may ask a few times more."""
    for _ in range(5):
        try:
            refresh(token)
        except OAuth2Error as error:
            return error.error
    return None


verdicts = {
    "call": called.status_code,
    "rotated": len({it["refresh_token"] for it in tokens}) == 3,
    "replayed": refusal(tokens[0]["refresh_token"]),
    "ended": refusal(tokens[2]["refresh_token"]),
}
json.dump(verdicts, sys.stdout)
