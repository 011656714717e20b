// A token for the agent itself with the package `openid-client`: `private_key_jwt` (RFC 7523) and
// client credentials.

import { text } from "node:stream/consumers";

import * as oauth from "openid-client";

const told = JSON.parse(await text(process.stdin));
const key = await crypto.subtle.importKey("jwk", told.jwk, "Ed25519", false, ["sign"]);
const config = await oauth.discovery(
  new URL(told.issuer),
  told.client_id,
  undefined,
  oauth.PrivateKeyJwt({ key, kid: told.keyid }),
  // The servers of a test speak plain HTTP.
  { algorithm: "oauth2", execute: [oauth.allowInsecureRequests] },
);
const form = { scope: told.scope, token_binding: "none", audience: told.audience };
const tokens = await oauth.clientCredentialsGrant(config, form);
const called = await oauth.fetchProtectedResource(
  config, tokens.access_token, new URL(told.url), "GET",
);
console.log(JSON.stringify({ scope: tokens.scope, call: called.status }));
