// What goes wrong before anything works: each says what, and what to do.

import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import * as sdk from "../dist/index.js";
import { testClock } from "./harness/clock.mjs";
import { start } from "./harness/server.mjs";

const { bootstrap, createClient, environmentStore, fileStore, generateKey, memoryStore } = sdk;

let world;
let inviteCode;
let folder;
let count = 2;

before(async () => {
  world = await start();
  folder = await mkdtemp(join(tmpdir(), "bailiwick-keys-"));
  const scopes = ["--scope", "tickets:read"];
  inviteCode = (await world.command("invite", "new", ...scopes, "--uses", "50")).invite_code;
});

after(async () => {
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

function who(options) {
  const name = `agent-${count++}`;
  return { server: world.server, name, owner: "support", purpose: "x", ...options };
}

/** It fails with this code, and says all of these. */
async function says(promise, code, ...words) {
  const failed = await promise.then(() => assert.fail(`${code} expected`), (it) => it);
  assert.equal(failed.code, code, failed.stack);
  for (const word of words) assert.match(failed.message, word);
}

test("a wrong key file", async () => {
  const path = join(folder, "agent.key");
  const file = { server: world.server, store: fileStore(path) };
  await says(createClient(file), "store_unusable", /no agent/, /bootstrap/);
  const key = JSON.parse(await (await generateKey()).exportPrivateJwk());
  const { d, ...publicKey } = key;
  const other = JSON.parse(await (await generateKey()).exportPrivateJwk());
  const cases = [
    ["-----BEGIN PRIVATE KEY-----", "key_unusable", /not one JSON object/, /bailiwick key new/],
    [JSON.stringify(publicKey), "key_unusable", /is a public key/],
    [JSON.stringify({ ...key, x: other.x }), "key_unusable", /not its private part's own/],
    [JSON.stringify({ ...key, kty: "RSA" }), "key_unusable", /Ed25519 and P-256/],
    [`{"d":"${d}",${JSON.stringify(key).slice(1)}`, "key_unusable", /not one JSON object/],
    [JSON.stringify({ kty: "oct", k: "c2hvcnQ" }), "key_unusable", /32 to 128 bytes/],
    [" ".repeat(70_000), "store_unusable", /too large/],
  ];
  for (const [text, ...expected] of cases) {
    await writeFile(path, text, { mode: 0o600 });
    await says(createClient(file), ...expected);
  }
  await writeFile(path, JSON.stringify(key));
  await chmod(path, 0o644);
  await says(createClient(file), "store_unusable", /read by others \(mode 644\)/, /chmod 600/);
});

test("no key, two keys, no address", async () => {
  const key = await generateKey();
  const wallet = { address: `0x${"1".repeat(40)}`, signMessage: async () => "0x" };
  const { server } = world;
  await says(createClient({ server }), "configuration", /a key, a wallet or a store/);
  await says(createClient({ server, key, wallet }), "configuration", /not both/);
  await says(createClient({ key }), "configuration", /`server`/);
  await says(createClient({ key, server: "authority" }), "configuration", /no address/);
  await says(createClient({ key, server: "file:///etc" }), "configuration", /no address/);
  const odd = { ...wallet, address: "0x1" };
  await says(createClient({ server, wallet: odd }), "key_unusable", /address/);
  await says(bootstrap(who({})), "configuration", /inviteCode/);
  await says(bootstrap(who({ inviteCode, projectId: "default" })), "configuration", /either/);
});

test("fewer scopes without a token", async () => {
  const client = await bootstrap(who({ inviteCode }));
  assert.throws(() => client.using({ credential: "derived", scopes: [] }), /cannot be narrowed/);
  const narrow = bootstrap(who({ inviteCode, credential: "signature", audience: ["acme"] }));
  await says(narrow, "configuration", /cannot be narrowed/);
  const reader = client.using({ scopes: ["tickets:read"] });
  assert.deepEqual((await reader.token()).scopes, ["tickets:read"]);
});

test("a key that nobody registered", async () => {
  const client = createClient({ server: world.server, key: await generateKey() });
  await says(client, "credential_unknown", /bailiwick key list/);
});

test("a server that does not answer", async () => {
  const gone = createServer();
  await new Promise((resolve) => gone.listen(0, "127.0.0.1", resolve));
  const server = `http://127.0.0.1:${gone.address().port}`;
  await new Promise((resolve) => gone.close(resolve));
  const clock = testClock();
  const client = createClient({ server, key: await generateKey(), clock });
  await says(client, "server_unreachable", /does not answer/, /bailiwick serve/);
  assert.equal(clock.slept.length, 4, "it was tried again before");
  const options = who({ server, inviteCode, clock: testClock() });
  await says(bootstrap(options), "server_unreachable", /check the address/);
});

test("a server that is something else", async () => {
  const { url } = world.behind;
  const options = { server: url, key: await generateKey(), clock: testClock() };
  await says(createClient({ ...options, fetch: async () => new Response("<html>") }),
    "answer_unreadable", /authority's address/);
  const gateway = { server: world.gateway, key: await generateKey(), clock: testClock() };
  await says(createClient(gateway), "answer_unreadable", /not the gateway's/);
});

test("an enrolment that is refused", async () => {
  await says(bootstrap(who({ inviteCode, name: "Not A Name" })), "request_malformed", /name/);
  const name = "taken-name";
  await bootstrap(who({ inviteCode, name }));
  await says(bootstrap(who({ inviteCode, name })), "identity_taken", /another name/);
  await says(bootstrap(who({ projectId: "default" })), "invite_needed", /ask an operator/);
  await says(bootstrap(who({ projectId: "nowhere" })), "not_found");
});

test("an invite that is over", async () => {
  const once = await world.command("invite", "new", "--scope", "tickets:read", "--uses", "1");
  await bootstrap(who({ inviteCode: once.invite_code }));
  const taken = await world.command("invite", "new", "--scope", "tickets:read");
  await world.command("invite", "revoke", taken.id);
  for (const [{ invite_code: code }, why] of [[once, "used up"], [taken, "revoked"]]) {
    const told = new RegExp(`the invite .*${why}.*a new invite`, "s");
    await says(bootstrap(who({ inviteCode: code })), "invite_unusable", told);
  }
});

test("an operator is waited for, and what they say is heard", async () => {
  const words = ["project", "add", "support", "--registration", "ask"];
  await world.command(...words, "--scope", "tickets:read");
  const ask = (options) => bootstrap(who({ projectId: "support", ...options }));
  const pending = [];
  const onPending = ({ name }) => pending.push(name);
  const decide = (...words) => testClock({
    onSleep: () => world.command("agent", words[0], pending.at(-1), "--project", "support",
      ...words.slice(1)).then(() => true),
  });
  const client = await ask({ onPending, clock: decide("approve") });
  assert.equal(client.identity.status, "active");
  assert.equal((await client.signedFetch(`${world.api}/tickets/1`)).status, 200);
  const refused = ask({ onPending, clock: decide("refuse", "--because", "nobody knows it") });
  await says(refused, "agent_retired", /nobody knows it/);

  const store = memoryStore();
  const name = "patient";
  const clock = testClock({ onSleep: () => true });
  const waiting = ask({ name, store, onPending, clock, waitSeconds: 10 });
  await says(waiting, "agent_pending", /bailiwick agent approve patient/);
  await world.command("agent", "approve", name, "--project", "support");
  const later = await ask({ name, store });
  assert.equal(later.identity.name, name, "with a store it goes on where it was");
});

test("a clock that is a little off is made up for, and one that is far off is named", async () => {
  for (const ahead of [-120_000, 120_000]) {
    const client = await bootstrap(who({ inviteCode, clock: testClock({ ahead }) }));
    assert.equal((await client.signedFetch(`${world.api}/tickets/1`)).status, 200);
  }
  const [two, hours] = [7_200_000, /7(20|19)\d s/];
  for (const [ahead, side] of [[-two, /behind/], [two, /ahead/]]) {
    const far = bootstrap(who({ inviteCode, clock: testClock({ ahead }) }));
    await says(far, "clock_off", hours, side, /NTP/);
  }
  const drifting = testClock();
  const client = await bootstrap(who({ inviteCode, clock: drifting }));
  drifting.now = () => Date.now() + 100_000;
  assert.equal((await client.signedFetch(`${world.api}/tickets/1`)).status, 200);
  drifting.now = () => Date.now() - 86_400_000;
  await says(client.signedFetch(`${world.api}/tickets/1`), "clock_off", /behind/);
});

test("a store of another agent, and one that cannot be kept", async () => {
  const store = memoryStore();
  await bootstrap(who({ inviteCode, store }));
  const elsewhere = who({ inviteCode, store, server: "https://other.example" });
  await says(bootstrap(elsewhere), "store_unusable", /other.example/, /store of its own/);
  const environment = environmentStore("BAILIWICK_TEST_AGENT");
  await says(bootstrap(who({ inviteCode, store: environment })), "store_unusable", /enroll once/);
  process.env.BAILIWICK_TEST_AGENT = await store.load();
  const client = await createClient({ store: environment });
  assert.equal((await client.signedFetch(`${world.api}/tickets/1`)).status, 200);
  const nowhere = fileStore(join(folder, "missing", "agent.json"));
  await says(bootstrap(who({ inviteCode, store: nowhere })), "store_unusable", /cannot be written/);
});
