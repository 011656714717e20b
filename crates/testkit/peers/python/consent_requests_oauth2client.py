"""A person's consent (OAuth 2.1) with the package `requests-oauth2client`: discovery, a pushed
request, a code with PKCE, and refresh tokens."""

import json
import sys

import requests
from furl import furl
from requests_oauth2client import EndpointError, MismatchingIssuer, OAuth2Client, PublicApp

told = json.load(sys.stdin)
client = OAuth2Client.from_discovery_endpoint(
    issuer=told["issuer"],
    auth=PublicApp(told["client_id"]),
    redirect_uri=told["redirect_uri"],
    id_token_signed_response_alg="ES256",
    testing=True,  # the servers of a test speak plain HTTP
)
asked = client.authorization_request(scope=told["scope"], prompt="consent")
pushed = client.pushed_authorization_request(asked)
answered = requests.post(told["person"], data=pushed.uri.encode()).text

mixed_up = False
elsewhere = furl(answered)
elsewhere.args["iss"] = "https://evil.example"
try:
    asked.validate_callback(elsewhere.url)
except MismatchingIssuer:
    mixed_up = True
# The ID token is verified in here, as what was asked for says.
first = client.authorization_code(asked.validate_callback(answered))
called = requests.get(told["url"], auth=first)
second = client.refresh_token(first.refresh_token)
third = client.refresh_token(second.refresh_token)


def refusal(token: str) -> str | None:
    """How it is refused at last: a client whose answers were lost may ask a few times more."""
    for _ in range(5):
        try:
            client.refresh_token(token)
        except EndpointError as error:
            return error.error
    return None


verdicts = {
    "mixed_up": mixed_up,
    "call": called.status_code,
    "rotated": len({it.refresh_token for it in (first, second, third)}) == 3,
    "replayed": refusal(first.refresh_token),
    "ended": refusal(third.refresh_token),
}
json.dump(verdicts, sys.stdout)
