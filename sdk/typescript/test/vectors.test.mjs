// Every case of `vectors/` that says how to sign or verify what this package signs and verifies.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";

import { readJwk } from "../dist/key.js";
import { EXCUSED, ROOT, casesOf } from "./harness/cases.mjs";
import { RUNS, verdictOf } from "./harness/vectors.mjs";

/** Each topic is run, or it is said why not. */
const EXCUSED_TOPICS = {
  "agent-card": "cards of agents are verified by the authority and the gateway",
  certificate: "the runtime's TLS presents certificates; the middleware takes none",
  dpop: "proofs are made here and verified by the gateway: test/flow.test.mjs",
  "jwt-svid": "the middleware takes no JWT-SVID",
  passkey: "people's, at the authority",
  token: "access tokens are verified by the gateway, never by the API behind it",
  wallet: "accounts sign here and are verified by the gateway: test/wallet.test.mjs",
  webhook: "the simple form is for what has no signature library",
  workload: "the authority exchanges tokens of other issuers",
};

test("every topic is run, or it is said why not", async () => {
  const found = await readdir(ROOT, { withFileTypes: true });
  const topics = found.filter((it) => it.isDirectory()).map((it) => it.name);
  assert.deepEqual(topics.sort(), Object.keys({ ...RUNS, ...EXCUSED_TOPICS }).sort());
});

for (const topic of Object.keys(RUNS)) {
  test(`every case of ${topic} comes out as it says`, async () => {
    const different = [];
    let [accepted, refused] = [0, 0];
    for (const { name, expect, given } of await casesOf(topic)) {
      const verdict = await verdictOf(topic, given);
      if (expect === "ok") accepted++;
      else refused++;
      if (verdict !== expect) different.push(`${name}: ${expect} expected, ${verdict}`);
    }
    assert.deepEqual(different, []);
    assert.ok(accepted > 0 && refused >= 3 * accepted, `${accepted} and ${refused}`);
  });
}

test("what is excused is there, and is refused", async () => {
  for (const path of Object.keys(EXCUSED)) {
    const { jwk } = JSON.parse(await readFile(new URL(path, ROOT), "utf8"));
    await assert.rejects(readJwk(jwk, "sign"), { code: "key_unusable" });
  }
});
