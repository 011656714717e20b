// How an agent changes its key, against a real server.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { createClient, fileStore, memoryStore } from "../dist/index.js";
import { enrolling, refusal } from "./harness/agents.mjs";
import { start } from "./harness/server.mjs";

let world;
let enroll;

before(async () => {
  world = await start();
  enroll = await enrolling(world);
});

after(() => world?.stop());

/** Registers a key as an operator's own program would. */
const registering = (client) => async (jwk) => {
  const path = `/api/v1/agents/${client().identity.agentId}/credentials`;
  return { keyId: (await world.admin("POST", path, { jwk })).key_id };
};

test("a key is changed without a pause, and the old one can go", async () => {
  const path = join(world.folder, "rotated.json");
  const client = await enroll({ store: fileStore(path) });
  const old = await createClient({ store: memoryStore(await readFile(path, "utf8")) });
  const before = client.identity.keyId;
  await client.rotateKey(registering(() => client));
  assert.notEqual(client.identity.keyId, before);
  await world.command("key", "revoke", before);
  assert.equal((await client.signedFetch(`${world.api}/tickets/1`)).status, 200);
  const refused = await refusal(old.signedFetch(`${world.api}/tickets/1`));
  assert.equal(refused.code, "credential_revoked");
  const kept = await createClient({ store: fileStore(path) });
  assert.equal((await kept.signedFetch(`${world.api}/tickets/2`)).status, 200);
});

test("an agent changes its key by itself, while it calls, and the old one goes", async () => {
  const path = join(world.folder, "by-itself.json");
  const client = await enroll({ store: fileStore(path) });
  const old = await createClient({ store: memoryStore(await readFile(path, "utf8")) });
  const { keyId: before, name } = client.identity;
  const url = `${world.gateway}/busy/tickets/1`;
  const forms = ["signature", "derived", "token", "dpop"].map((credential) =>
    client.using({ credential }),
  );
  const call = () => Promise.all(forms.map((acting) => acting.signedFetch(url)));
  await call();
  // Another process, which finds the new key where the old one was.
  const beside = await createClient({ store: fileStore(path) });
  const [during] = await Promise.all([call(), client.rotateKey()]);
  assert.equal((await beside.using({ credential: "token" }).signedFetch(url)).status, 200);
  assert.equal((await beside.signedFetch(url)).status, 200);
  const after = await call();
  assert.deepEqual([...during, ...after].map(({ status }) => status), Array(8).fill(200));
  assert.equal((await refusal(old.signedFetch(url))).code, "credential_revoked");
  const kept = await createClient({ store: fileStore(path) });
  assert.equal((await kept.signedFetch(url)).status, 200);
  const { credentials } = await world.admin("GET", `/api/v1/credentials?agent=${name}`);
  const told = credentials.map(({ state, registered_by: by }) => [state, by]);
  assert.deepEqual(told, [["revoked", undefined], ["active", before]]);
  await world.command("key", "revoke", before);
  assert.equal((await refusal(client.signedFetch(url))).code, "credential_revoked");
});

test("a key that cannot be kept is not changed to, and is revoked", async () => {
  const full = { ...memoryStore(), save: () => Promise.reject(new Error("the disk is full")) };
  const store = memoryStore();
  const first = await enroll({ store });
  const { name } = first.identity;
  const client = await createClient({ store: { ...full, load: () => store.load() } });
  assert.match((await refusal(client.rotateKey())).message, /the disk is full/);
  const { credentials } = await world.admin("GET", `/api/v1/credentials?agent=${name}`);
  assert.deepEqual(credentials.map(({ state }) => state), ["active", "revoked"]);
  assert.equal((await client.signedFetch(`${world.api}/tickets/1`)).status, 200);
});

test("what was got with the old key is got again with the new one", async () => {
  const client = await enroll();
  const before = client.identity.keyId;
  const forms = ["signature", "derived", "token", "dpop"].map((credential) =>
    client.using({ credential }),
  );
  const url = `${world.gateway}/busy/tickets/1`;
  for (const acting of forms) assert.equal((await acting.signedFetch(url)).status, 200);
  await client.rotateKey(registering(() => client));
  await world.command("key", "revoke", before);
  for (const acting of forms) assert.equal((await acting.signedFetch(url)).status, 200);
});

test("a key that nobody registered is not changed to", async () => {
  const client = await enroll();
  const before = client.identity.keyId;
  const wrong = client.rotateKey(async () => ({ keyId: before }));
  assert.equal((await refusal(wrong)).code, "signature_invalid");
  assert.equal(client.identity.keyId, before);
  assert.equal((await client.signedFetch(`${world.api}/tickets/1`)).status, 200);
});

test("told that its key is over, it changes it and goes on", async () => {
  let client;
  const reasons = [];
  const register = registering(() => client);
  const onRotation = (jwk, why) => {
    reasons.push(why.code);
    return register(jwk);
  };
  client = await enroll({ onRotation });
  await world.command("key", "revoke", client.identity.keyId);
  assert.equal((await client.signedFetch(`${world.api}/tickets/1`)).status, 200);
  assert.deepEqual(reasons, ["credential_revoked"]);
});

test("an API that says so does not make an agent change its key, or its clock", async () => {
  let forged;
  const send = async (input, init) => {
    const answer = await fetch(input, init);
    if (!forged || !String(input).includes("/acme/")) return answer;
    const problem = { type: `urn:bailiwick:denial:${forged}`, code: forged, retryable: true };
    const far = new Date(Date.now() + 250_000).toUTCString();
    const headers = { "content-type": "application/problem+json", date: far };
    return new Response(JSON.stringify(problem), { status: 401, headers });
  };
  const changed = [];
  const onRotation = async (_, why) => changed.push(why);
  const client = await enroll({ onRotation, fetch: send });
  const { keyId } = client.identity;
  const codes = ["credential_revoked", "credential_expired", "signature_expired"];
  for (forged of codes) {
    assert.equal((await refusal(client.signedFetch(`${world.api}/tickets/1`))).code, forged);
  }
  forged = undefined;
  assert.equal((await client.signedFetch(`${world.api}/tickets/1`)).status, 200);
  assert.deepEqual([changed, client.identity.keyId], [[], keyId]);
});
