// On behalf of people whom another issuer speaks for.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Denial } from "../dist/index.js";
import { enrolling, refusal } from "./harness/agents.mjs";
import { start } from "./harness/server.mjs";
import { AUDIENCE, signOn } from "./harness/sign-on.mjs";

// Lets the authority ask a server of the test for its keys.
const REACHABLE = '\n[outbound]\nnetworks = ["127.0.0.0/8"]\nallow_http = true\n';

let world;
let enroll;
const running = [];

before(async () => {
  world = await start({ extra: () => REACHABLE });
  running.push(world);
  enroll = await enrolling(world);
});

after(() => Promise.all(running.map((it) => it.stop())));

async function begun() {
  const issuer = await signOn();
  running.push(issuer);
  return issuer;
}

/** Trusts a sign-on for people, as far as this. */
function trust({ url }) {
  const issuer = { url, audience: AUDIENCE, person_scopes: ["tickets:read"] };
  return world.admin("POST", "/api/v1/issuers", issuer);
}

test("an agent acts for a person of a trusted issuer, and the API hears of both", async () => {
  const issuer = await begun();
  await trust(issuer);
  const client = await enroll();
  const wide = { scope: "openid tickets:read tickets:write" };
  const subjects = [
    [await issuer.says(wide), "access_token"],
    [await issuer.asserts(wide), "assertion"],
  ];
  for (const [token, type] of subjects) {
    for (const credential of ["token", "dpop"]) {
      const acting = client.onBehalfOf(token, { type, credential });
      const heard = await (await acting.signedFetch(`${world.api}/tickets/7`)).json();
      const { people } = await world.admin("GET", "/api/v1/people");
      const [ada] = people.filter((person) => person.issuer === issuer.url);
      assert.equal(ada.subject, "ada");
      assert.equal(heard.headers["x-agent-on-behalf-of"], ada.id, `${type}, ${credential}`);
      assert.equal(heard.headers["x-agent-id"], client.identity.name);
      assert.equal(heard.headers["x-agent-scopes"], "tickets:read");
    }
    const wider = client.onBehalfOf(token, { type, scopes: ["tickets:write"] });
    assert.equal((await refusal(wider.token())).code, "invalid_scope", type);
  }
});

test("a person is not acted for on the word of an issuer that is not trusted", async () => {
  const [issuer, stranger] = [await begun(), await begun()];
  const trusted = await trust(issuer);
  const client = await enroll();
  const call = (token, options) =>
    client.onBehalfOf(token, options).signedFetch(`${world.api}/tickets/7`);
  const before = world.heard.length;
  const refused = [
    [await stranger.says()],
    [await stranger.says({ iss: issuer.url })],
    [await issuer.says({ aud: "another-app" })],
    [await issuer.says({ client_id: "agt_01jd8m3q5r7t9v1x3z5b7d9f1h" })],
    // Nobody has agreed to anything here, which is what an ID token alone would be worth.
    [await issuer.asserts({ scope: undefined }), { type: "id_token" }],
  ];
  for (const [token, options] of refused) {
    const denial = await refusal(call(token, options));
    assert.ok(denial instanceof Denial);
    assert.deepEqual([denial.code, denial.status], ["invalid_grant", 400]);
  }
  assert.equal(world.heard.length, before);

  const token = await issuer.says();
  assert.equal((await call(() => token)).status, 200);
  await world.admin("DELETE", `/api/v1/issuers/${trusted.id}`);
  const denial = await refusal(call(token));
  assert.deepEqual([denial.code, denial.status], ["invalid_grant", 400]);
});
