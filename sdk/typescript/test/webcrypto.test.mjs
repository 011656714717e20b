// The same with nothing but WebCrypto, as in Workers and browsers.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { start } from "./harness/server.mjs";

let world;

before(async () => {
  world = await start();
});

after(() => world?.stop());

test("every form of credential works where a runtime has WebCrypto alone", async () => {
  // Before anything of the package is loaded; and while it is, nothing is drawn or fetched.
  process.getBuiltinModule = undefined;
  const { getRandomValues } = globalThis.crypto;
  const { fetch } = globalThis;
  const early = () => assert.fail("while the package is loaded");
  globalThis.crypto.getRandomValues = early;
  globalThis.fetch = early;
  const { bootstrap, fileStore, generateKey } = await import("../dist/index.js");
  const { builtin } = await import("../dist/primitives.js");
  assert.equal(builtin("node:crypto"), undefined);
  globalThis.crypto.getRandomValues = getRandomValues;
  globalThis.fetch = fetch;
  const words = ["--scope", "tickets:read", "--scope", "tickets:write", "--uses", "9"];
  const { invite_code: inviteCode } = await world.command("invite", "new", ...words);
  for (const algorithm of ["ed25519", "ecdsa-p256-sha256"]) {
    const name = `web-${algorithm.slice(0, 2)}`;
    const client = await bootstrap({
      server: world.server,
      inviteCode,
      name,
      owner: "support",
      purpose: "runs anywhere",
      key: await generateKey({ algorithm }),
      store: fileStore(join(world.folder, `${name}.json`)),
    });
    for (const credential of ["signature", "derived", "token", "dpop"]) {
      const acting = client.using({ credential });
      const post = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
      const answer = await acting.signedFetch(`${world.gateway}/busy/tickets`, post);
      assert.equal((await answer.json()).headers["x-agent-id"], name, credential);
    }
  }
});
