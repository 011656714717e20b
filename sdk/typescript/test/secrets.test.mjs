// A private key is in no error, no log line and no serialization.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect } from "node:util";

import { bootstrap, createClient, generateKey, memoryStore, SigningKey } from "../dist/index.js";
import { start } from "./harness/server.mjs";

let world;
let inviteCode;

before(async () => {
  world = await start();
  const words = ["--scope", "tickets:read", "--uses", "9"];
  inviteCode = (await world.command("invite", "new", ...words)).invite_code;
});

after(() => world?.stop());

/** Everything that somebody might print of it. */
function shown(value) {
  const options = { depth: 20, showHidden: true, getters: true, maxStringLength: null };
  const own = { ...value };
  const texts = [inspect(value, options), inspect(own, options), JSON.stringify(value)];
  const more = [String(value), value.stack ?? "", JSON.stringify(own)];
  return [...texts, ...more, inspect(value.cause, options)].join("\n");
}

test("neither client, key, token nor task shows what it holds", async () => {
  const store = memoryStore();
  const who = { name: "quiet", owner: "support", purpose: "keeps quiet", store };
  const client = await bootstrap({ server: world.server, inviteCode, ...who });
  const { d } = JSON.parse(await store.load()).jwk;
  assert.ok(d.length > 40);
  const acting = client.using({ credential: "token" });
  const token = await acting.token();
  const derived = client.using({ credential: "derived" });
  await derived.signedFetch(`${world.gateway}/busy/tickets/1`);
  const task = await client.openTask({ purpose: "look", scopes: ["tickets:read"] });
  const secrets = [d, token.accessToken, (await task.token()).accessToken];
  await task.close();
  const key = await SigningKey.fromJwk(JSON.parse(await store.load()).jwk);
  for (const value of [client, acting, derived, task, token, key]) {
    for (const secret of secrets) assert.ok(!shown(value).includes(secret), inspect(value));
  }
  assert.match(inspect(key), /^SigningKey\(ed25519 /);
});

test("no error shows it", async () => {
  const jwk = await (await generateKey()).exportPrivateJwk();
  const { d } = JSON.parse(jwk);
  const { server } = world;
  const send = () => Promise.reject(new TypeError("fetch failed"));
  const hasty = { retries: 0 };
  const wrong = JSON.stringify({ jwk: { ...JSON.parse(jwk), x: d } });
  const failures = [
    { key: jwk },
    { key: jwk, fetch: send, ...hasty },
    { key: { ...JSON.parse(jwk), use: "enc" } },
    ...[jwk.replace("Ed25519", "P-256"), jwk.replace('"x"', '"x":"a","x"'), wrong, jwk.slice(0, -2)]
      .map((text) => ({ store: memoryStore(text) })),
  ];
  for (const options of failures) {
    const making = createClient({ server, ...options });
    const failed = await making.then(() => assert.fail("made"), (it) => it);
    assert.ok(!shown(failed).includes(d), failed.message);
    assert.ok(!shown(failed).includes(d.slice(0, 12)), failed.message);
  }
});

test("a key that is not to be exported is not", async () => {
  const key = await generateKey({ extractable: false });
  await assert.rejects(key.exportPrivateJwk(), { code: "key_unusable" });
});
