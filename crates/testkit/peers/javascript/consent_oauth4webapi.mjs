// A person's consent (OAuth 2.1) with the package `oauth4webapi`: discovery, registration with an
// invite, a pushed request, a code with PKCE, and refresh tokens.

import { text } from "node:stream/consumers";

import * as oauth from "oauth4webapi";

const told = JSON.parse(await text(process.stdin));
const options = { [oauth.allowInsecureRequests]: true }; // The servers of a test speak plain HTTP.
const issuer = new URL(told.issuer);
const discovered = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...options });
const server = await oauth.processDiscoveryResponse(issuer, discovered);

const metadata = {
  client_name: "Desk copilot",
  redirect_uris: [told.redirect_uri],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
};
const registered = await oauth.dynamicClientRegistrationRequest(
  server, metadata, { initialAccessToken: told.invite, ...options },
);
const client = await oauth.processDynamicClientRegistrationResponse(registered);

const verifier = oauth.generateRandomCodeVerifier();
const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
const pushed = await oauth.processPushedAuthorizationResponse(
  server, client, await oauth.pushedAuthorizationRequest(server, client, oauth.None(), {
    response_type: "code",
    redirect_uri: told.redirect_uri,
    scope: told.scope,
    prompt: "consent",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  }, options),
);
const asked = new URL(server.authorization_endpoint);
asked.searchParams.set("client_id", client.client_id);
asked.searchParams.set("request_uri", pushed.request_uri);
const person = await fetch(told.person, { method: "POST", body: asked.href });
const answered = new URL(await person.text());

const mixedUp = new URL(answered);
mixedUp.searchParams.set("iss", "https://evil.example");
let refused;
try {
  oauth.validateAuthResponse(server, client, mixedUp, state);
} catch (error) {
  refused = error.code;
}
const code = oauth.validateAuthResponse(server, client, answered, state);
const redeemed = await oauth.authorizationCodeGrantRequest(
  server, client, oauth.None(), code, told.redirect_uri, verifier, options,
);
const first = await oauth.processAuthorizationCodeResponse(
  server, client, redeemed, { expectedNonce: nonce, requireIdToken: true },
);
await oauth.validateApplicationLevelSignature(server, redeemed, options);
const called = await oauth.protectedResourceRequest(
  first.access_token, "GET", new URL(told.url), undefined, undefined, options,
);

async function refresh(token) {
  const sending = oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, options);
  return oauth.processRefreshTokenResponse(server, client, await sending);
}
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
  mixed_up: refused === oauth.INVALID_RESPONSE,
  call: called.status,
  rotated: new Set(spent).size === spent.length,
  replayed: await refusal(first.refresh_token),
  ended: await refusal(third.refresh_token),
}));
