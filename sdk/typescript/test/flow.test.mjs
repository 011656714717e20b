// The whole way of an agent, against a real server.

import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { createClient, discover, fileStore, memoryStore, SigningKey } from "../dist/index.js";
import { enrolling, refusal } from "./harness/agents.mjs";
import { testClock } from "./harness/clock.mjs";
import { start } from "./harness/server.mjs";

let world;
let enroll;

before(async () => {
  world = await start();
  enroll = await enrolling(world);
});

after(() => world?.stop());

/** What left this machine, kept to be looked at and sent again. */
function recorder() {
  const sent = [];
  const send = (input, init) => {
    sent.push({ input, init: { ...init, headers: new Headers(init.headers) } });
    return fetch(input, init);
  };
  return { sent, send };
}

test("an agent enrolls, and its next start takes what is there", async () => {
  const path = join(world.folder, "agent.json");
  const first = await enroll({ store: fileStore(path) });
  assert.match(first.identity.agentId, /^agt_/);
  assert.equal((await stat(path)).mode & 0o777, 0o600);

  const again = await enroll({ store: fileStore(path), inviteCode: undefined });
  assert.equal(again.identity.agentId, first.identity.agentId);
  const third = await createClient({ store: fileStore(path) });
  const answer = await third.signedFetch(`${world.api}/tickets/7?state=open&x=%20`);
  const heard = await answer.json();
  assert.equal(heard.url, "/tickets/7?state=open&x=%20");
  assert.equal(heard.headers["x-agent-id"], first.identity.name);
  assert.equal(heard.headers.signature, undefined, "no signature goes on to the API");
});

test("a registration whose answer was lost is found again by its key", async () => {
  const store = memoryStore();
  let isLost = true;
  const losing = async (input, init) => {
    const answer = await fetch(input, init);
    if (isLost && String(input).endsWith("/register")) {
      isLost = false;
      throw new TypeError("the connection broke");
    }
    return answer;
  };
  const name = "lost-and-found";
  const options = { store, name, fetch: losing };
  const broken = await refusal(enroll(options));
  assert.equal(broken.code, "server_unreachable");
  const found = await enroll(options);
  assert.equal(found.identity.name, name);
});

test("a key of the command line's making does as well", async () => {
  const path = join(world.folder, "cli.jwk");
  const agent = await world.command("agent", "add", "by-hand", "--owner", "support");
  const jwk = await world.command("key", "new", path);
  await world.admin("POST", `/api/v1/agents/${agent.id}/credentials`, { jwk });
  const client = await createClient({ server: world.server, store: fileStore(path) });
  assert.equal(client.identity.agentId, agent.id);
  const text = await readFile(path, "utf8");
  for (const key of [text, JSON.parse(text), await SigningKey.fromJwk(text)]) {
    const again = await createClient({ server: world.server, key, keyId: client.identity.keyId });
    assert.equal(again.identity.agentId, agent.id);
  }
  assert.equal((await refusal(client.signedFetch(`${world.api}/tickets/7`))).code, "scope_missing");
});

test("where agents can come in is told", async () => {
  const { projects } = await discover(world.server);
  assert.deepEqual(projects.map(({ name }) => name), ["default"]);
});

test("the same bytes a second time are refused, and the same call is not", async () => {
  const { sent, send } = recorder();
  const client = await enroll({ fetch: send });
  const body = JSON.stringify({ title: "printer on fire" });
  const post = { method: "POST", body, headers: { "content-type": "application/json" } };
  assert.equal((await client.signedFetch(`${world.api}/tickets`, post)).status, 200);
  const { input, init } = sent.at(-1);
  const replayed = await fetch(input, init);
  assert.equal((await replayed.json()).code, "nonce_replayed");
  assert.equal((await client.signedFetch(`${world.api}/tickets`, post)).status, 200);
  const changed = await fetch(input, { ...init, body: body.replace("printer", "archive") });
  assert.equal((await changed.json()).code, "digest_mismatch");
});

test("tokens are got, kept, renewed, and sent only where they are good", async () => {
  const { sent, send } = recorder();
  const client = await enroll({ fetch: send });
  for (const [credential, times] of [["token", 1], ["dpop", 2]]) {
    sent.length = 0;
    const acting = client.using({ credential, scopes: ["tickets:read"] });
    for (const id of [1, 2]) {
      assert.equal((await acting.signedFetch(`${world.api}/tickets/${id}`)).status, 200);
    }
    const asked = sent.filter(({ input }) => input.endsWith("/oauth/token"));
    assert.equal(asked.length, times, "once; a proof once more, for the server's nonce");
    const write = acting.signedFetch(`${world.api}/tickets`, { method: "POST", body: "{}" });
    const refused = await refusal(write);
    assert.deepEqual([refused.code, refused.missingScopes], ["scope_missing", ["tickets:write"]]);
    const elsewhere = await refusal(acting.signedFetch(`${world.behind.url}/tickets/1`));
    assert.equal(elsewhere.code, "token_elsewhere");

    await client.revokeToken((await acting.token()).accessToken);
    assert.equal((await acting.signedFetch(`${world.api}/tickets/3`)).status, 200, "a new one");
  }
});

test("a derived key signs for an hour, and the agent's own where more is asked for", async () => {
  const { sent, send } = recorder();
  const client = await enroll({ fetch: send });
  const derived = client.using({ credential: "derived" });
  for (const id of [1, 2, 3]) {
    assert.equal((await derived.signedFetch(`${world.gateway}/busy/tickets/${id}`)).status, 200);
  }
  assert.match(sent.at(-1).init.headers.get("signature-input"), /keyid="drv_/);
  assert.equal((await derived.signedFetch(`${world.api}/tickets/1`)).status, 200);
  assert.equal((await derived.signedFetch(`${world.api}/tickets/2`)).status, 200);
  const asked = sent.filter(({ input }) => input.includes("/acme/"));
  assert.equal(asked.length, 3, "refused as too weak once, and never tried there again");
  const bought = sent.filter(({ input }) => input.endsWith("/oauth/derived-key"));
  assert.equal(bought.length, 1);
});

test("a derived key is renewed before it ends", async () => {
  const { sent, send } = recorder();
  const clock = testClock();
  const client = await enroll({ fetch: send, clock });
  const derived = client.using({ credential: "derived" });
  await derived.signedFetch(`${world.gateway}/busy/tickets/1`);
  clock.now = () => Date.now() + 3_550_000;
  await refusal(derived.signedFetch(`${world.gateway}/busy/tickets/1`));
  const bought = sent.filter(({ input }) => input.endsWith("/oauth/derived-key"));
  assert.ok(bought.length > 1);
});

test("a task closes what it opens, however it ends", async () => {
  const client = await enroll();
  for (const credential of ["token", "derived", "dpop"]) {
    const purpose = "look at ticket 7";
    const url = `${world.gateway}/busy/tickets/7`;
    const options = { purpose, scopes: ["tickets:read"], credential };
    let kept;
    await client.task(options, async (task) => {
      kept = task;
      const heard = await (await task.signedFetch(url)).json();
      assert.equal(heard.headers["x-agent-task"], task.id);
    });
    assert.equal((await refusal(kept.signedFetch(url))).code, "task_closed", credential);
    const failing = client.task(options, async (task) => {
      kept = task;
      await task.signedFetch(url);
      throw new RangeError("no such ticket");
    });
    await assert.rejects(failing, RangeError);
    assert.equal((await refusal(kept.signedFetch(url))).status, 403, credential);
  }
});

test("an agent acts on behalf of another, and the API hears of both", async () => {
  const [first, second] = [await enroll(), await enroll()];
  const { accessToken } = await first.using({ credential: "token" }).token();
  for (const credential of ["token", "dpop"]) {
    const acting = second.onBehalfOf(accessToken, { scopes: ["tickets:read"], credential });
    const heard = await (await acting.signedFetch(`${world.api}/tickets/7`)).json();
    assert.equal(heard.headers["x-agent-id"], second.identity.name);
    assert.equal(heard.headers["x-agent-on-behalf-of"], first.identity.subject);
  }
  const more = second.onBehalfOf(accessToken, { scopes: ["customers:read"] });
  assert.equal((await refusal(more.token())).code, "invalid_scope");
});

const REFUND = { method: "POST", body: JSON.stringify({ order: 7 }) };

test("people approve: the same request goes through, newly signed", async () => {
  const { sent, send } = recorder();
  const seen = [];
  const onApproval = async (approval, request) => {
    seen.push([approval.status, request.method]);
    await world.command("approval", "approve", approval.id, "--because", "order 7 is ours");
  };
  const client = await enroll({ onApproval, fetch: send });
  const answer = await client.signedFetch(`${world.api}/refunds`, REFUND);
  assert.equal(answer.status, 200);
  assert.deepEqual(seen, [["pending", "POST"]]);
  const nonces = sent
    .filter(({ input }) => input.endsWith("/refunds"))
    .map(({ init }) => /nonce="([^"]+)"/.exec(init.headers.get("signature-input"))[1]);
  assert.equal(new Set(nonces).size, nonces.length);
});

test("people who take their time are waited for", async () => {
  let asked;
  let approved;
  const holding = (input, init) => {
    const answer = fetch(input, init);
    // The second request is held back at the gateway until people have decided.
    if (new Headers(init.headers).has("prefer")) {
      approved ??= world.command("approval", "approve", asked, "--because", "fine");
    }
    return answer;
  };
  const onApproval = ({ id }) => void (asked = id);
  const client = await enroll({ onApproval, fetch: holding });
  assert.equal((await client.signedFetch(`${world.api}/refunds`, REFUND)).status, 200);
  await approved;
});

test("people refuse, or nobody wants to wait", async () => {
  const onApproval = ({ id }) =>
    world.command("approval", "deny", id, "--because", "not without a ticket").then(() => true);
  const denied = await enroll({ onApproval });
  const refused = await refusal(denied.signedFetch(`${world.api}/refunds`, REFUND));
  assert.equal(refused.code, "approval_denied");
  assert.match(refused.message, /not without a ticket/);
  for (const options of [{}, { onApproval: () => false }]) {
    const client = await enroll(options);
    const pending = await refusal(client.signedFetch(`${world.api}/refunds`, REFUND));
    assert.equal(pending.code, "approval_pending");
    assert.match(pending.approval.id, /^apr_/);
  }
});

test("what is taken away is gone at once", async () => {
  const client = await enroll();
  const url = `${world.api}/tickets/1`;
  await world.command("agent", "suspend", client.identity.name);
  assert.equal((await refusal(client.signedFetch(url))).code, "agent_suspended");
  await world.command("agent", "resume", client.identity.name);
  assert.equal((await client.signedFetch(url)).status, 200);
  await world.command("key", "revoke", client.identity.keyId);
  const refused = await refusal(client.signedFetch(url));
  assert.deepEqual([refused.code, refused.hint], [
    "credential_revoked",
    "register a new key for the agent",
  ]);
});

test("a server that was restarted is the same server", async () => {
  const client = await enroll();
  const forms = ["signature", "derived", "token", "dpop"].map((credential) =>
    client.using({ credential }),
  );
  const url = `${world.gateway}/busy/tickets/1`;
  for (const acting of forms) assert.equal((await acting.signedFetch(url)).status, 200);
  await world.restart();
  for (const acting of forms) assert.equal((await acting.signedFetch(url)).status, 200);
});
