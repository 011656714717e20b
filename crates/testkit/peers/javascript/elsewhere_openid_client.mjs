// A person's consent that is given elsewhere, with the package `openid-client`: by the code that a
// device shows (RFC 8628), and by naming the person (CIBA).

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
const more = { token_binding: "none", audience: told.audience };
const decide = (url) => fetch(told.person, { method: "POST", body: url });

async function refusal(grant, form) {
  const error = await oauth.genericGrantRequest(config, grant, form).catch((error) => error);
  return error.error ?? String(error);
}

async function outcome(grant, form, approve, poll) {
  const pending = await refusal(grant, form);
  await approve();
  const tokens = await poll();
  const url = new URL(told.url);
  const called = await oauth.fetchProtectedResource(config, tokens.access_token, url, "GET");
  return {
    pending,
    call: called.status,
    person: tokens.claims()?.sub,
    replayed: await refusal(grant, form),
  };
}

async function byDevice() {
  const device = await oauth.initiateDeviceAuthorization(config, { scope: told.scope });
  return outcome(
    "urn:ietf:params:oauth:grant-type:device_code",
    { device_code: device.device_code },
    () => decide(device.verification_uri_complete),
    () => oauth.pollDeviceAuthorizationGrant(config, device, more),
  );
}

async function byName() {
  const asked = await oauth.initiateBackchannelAuthentication(config, {
    scope: told.scope,
    login_hint: told.login_hint,
    binding_message: "Case 7",
  });
  return outcome(
    "urn:openid:params:grant-type:ciba",
    { auth_req_id: asked.auth_req_id },
    () => decide(told.requests),
    () => oauth.pollBackchannelAuthenticationGrant(config, asked, more),
  );
}

const [device, named] = await Promise.all([byDevice(), byName()]);
console.log(JSON.stringify({ device, named }));
