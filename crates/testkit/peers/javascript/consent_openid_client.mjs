// A person's consent (OAuth 2.1) with the package `openid-client`: discovery, registration with an
// invite, a pushed request, a code with PKCE, and refresh tokens.

import { text } from "node:stream/consumers";

import * as oauth from "openid-client";

const told = JSON.parse(await text(process.stdin));
// The servers of a test speak plain HTTP.
const config = await oauth.dynamicClientRegistration(
  new URL(told.issuer),
  {
    client_name: "Desk copilot",
    redirect_uris: [told.redirect_uri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  oauth.None(),
  { initialAccessToken: told.invite, execute: [oauth.allowInsecureRequests] },
);

const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
const [expectedState, expectedNonce] = [oauth.randomState(), oauth.randomNonce()];
const asked = await oauth.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: told.redirect_uri,
  scope: told.scope,
  prompt: "consent",
  code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: "S256",
  state: expectedState,
  nonce: expectedNonce,
});
const person = await fetch(told.person, { method: "POST", body: asked.href });
const answered = new URL(await person.text());

const redeem = (answer) => oauth.authorizationCodeGrant(config, answer, {
  pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true,
});
const mixedUp = new URL(answered);
mixedUp.searchParams.set("iss", "https://evil.example");
const refused = await redeem(mixedUp).catch((error) => error);
const first = await redeem(answered);
const called = await oauth.fetchProtectedResource(
  config, first.access_token, new URL(told.url), "GET",
);

const refresh = (token) => oauth.refreshTokenGrant(config, token);
const second = await refresh(first.refresh_token);
const third = await refresh(second.refresh_token);
const spent = [first, second, third].map((tokens) => tokens.refresh_token);

/** How it is refused at last: a client whose answers were lost may ask a few times more. */
async function refusal(token) {
  for (let times = 0; times < 5; times += 1) {
    try {
      await refresh(token);
    } catch (error) {
      return error.error ?? String(error);
    }
  }
}

console.log(JSON.stringify({
  mixed_up: refused.code === "OAUTH_INVALID_RESPONSE",
  call: called.status,
  rotated: new Set(spent).size === spent.length,
  replayed: await refusal(first.refresh_token),
  ended: await refusal(third.refresh_token),
}));
