// DPoP (RFC 9449) with the package `oauth4webapi`: a token for a key of this process, by
// `private_key_jwt` and client credentials, and then calls with it.

import { text } from "node:stream/consumers";

import * as oauth from "oauth4webapi";

const told = JSON.parse(await text(process.stdin));
const client = { client_id: told.client_id };
const key = await crypto.subtle.importKey("jwk", told.jwk, "Ed25519", false, ["sign"]);
const authentication = oauth.PrivateKeyJwt({ key, kid: told.keyid });
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));

// The servers of a test speak plain HTTP; what was sent last is kept, to be sent again.
let sent;
const options = {
  DPoP,
  [oauth.allowInsecureRequests]: true,
  [oauth.customFetch]: (...request) => fetch(...(sent = request)),
};

const issuer = new URL(told.issuer);
const discovered = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...options });
const server = await oauth.processDiscoveryResponse(issuer, discovered);

/** Does it, and once more with the nonce that the server asked for; says whether it asked. */
async function challenged(act) {
  try {
    return [await act(), false];
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return [await act(), true];
  }
}

async function grant() {
  const form = { scope: told.scope };
  const sending = oauth.clientCredentialsGrantRequest(
    server, client, authentication, form, options,
  );
  return oauth.processClientCredentialsResponse(server, client, await sending);
}

async function call() {
  const { access_token } = granted;
  return oauth.protectedResourceRequest(
    access_token, "GET", new URL(told.url), undefined, undefined, options,
  );
}

const verdict = async (response) => {
  const body = await response.json();
  return response.ok ? `${response.status} ${body.agent}` : `${response.status} ${body.code}`;
};

const [granted, nonce] = await challenged(grant);
const [once] = await challenged(call);
const [url, init] = sent;
const again = await fetch(url, init);
const elsewhere = await fetch(`${url}0`, init);
console.log(JSON.stringify({
  nonce,
  type: granted.token_type,
  once: await verdict(once),
  again: await verdict(again),
  elsewhere: await verdict(elsewhere),
}));
