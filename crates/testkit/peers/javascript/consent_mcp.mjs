// A person's consent to an MCP client with the package `@modelcontextprotocol/sdk`: from the
// resource to its authorization server (RFC 9728), a code with PKCE, and refresh tokens.

import { text } from "node:stream/consumers";

import { auth } from "@modelcontextprotocol/sdk/client/auth.js";

const told = JSON.parse(await text(process.stdin));
const kept = [];
let current, verifier, asked, expectedState;
const provider = {
  redirectUrl: told.redirect_uri,
  clientMetadata: { redirect_uris: [told.redirect_uri] },
  clientInformation: () => ({ client_id: told.client_id }),
  state: () => (expectedState = crypto.randomUUID()),
  tokens: () => current,
  saveTokens: (tokens) => kept.push((current = tokens)),
  invalidateCredentials: () => (current = undefined),
  redirectToAuthorization: (url) => (asked = url),
  saveCodeVerifier: (it) => (verifier = it),
  codeVerifier: () => verifier,
};

const act = (more) => auth(provider, { serverUrl: told.api, scope: told.scope, ...more });
const steps = [await act()];
const person = await fetch(told.person, { method: "POST", body: asked.href });
const answered = new URL(await person.text()).searchParams;
if (answered.get("state") !== expectedState) throw new Error("not the answer to this");
steps.push(await act({ authorizationCode: answered.get("code") }));
const called = await fetch(told.url, {
  headers: { authorization: `Bearer ${kept[0].access_token}` },
});
steps.push(await act());
steps.push(await act());
const spent = kept.map((tokens) => tokens.refresh_token);

/** Renews with this token until it is good no more, and the person has to be asked again. */
async function ends(tokens) {
  for (let times = 0; times < 5; times += 1) {
    current = tokens;
    if ((await act()) === "REDIRECT") return true;
  }
  return false;
}

console.log(JSON.stringify({
  steps,
  call: called.status,
  rotated: new Set(spent).size === spent.length,
  replayed: await ends(kept[0]),
  ended: await ends(kept[2]),
}));
