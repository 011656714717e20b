"""A token for the agent itself with the package `authlib`: `private_key_jwt` (RFC 7523) and client
credentials."""

import json
import os
import sys
import time

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the servers of a test speak plain HTTP

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import get_well_known_url
from joserfc.jwk import OKPKey

told = json.load(sys.stdin)
server = requests.get(get_well_known_url(told["issuer"], external=True)).json()
endpoint = server["token_endpoint"]
key = OKPKey.import_key(told["jwk"])
client = OAuth2Session(
    told["client_id"], key, token_endpoint_auth_method="private_key_jwt", scope=told["scope"]
)
# The audience of an assertion is the issuer, not the token endpoint; it lives five minutes at most.
claims = {"aud": server["issuer"], "exp": int(time.time()) + 60}
headers = {"kid": told["keyid"]}
client.register_client_auth_method(PrivateKeyJWT(endpoint, claims, headers, alg="Ed25519"))
tokens = client.fetch_token(
    endpoint, grant_type="client_credentials", token_binding="none", audience=told["audience"]
)
called = client.get(told["url"])
json.dump({"scope": tokens["scope"], "call": called.status_code}, sys.stdout)
