// An Ethereum account in place of a key; viem holds it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

import { bootstrap, createClient } from "../dist/index.js";
import { start } from "./harness/server.mjs";

let world;
let inviteCode;

before(async () => {
  world = await start();
  const words = ["--scope", "tickets:read", "--scope", "tickets:write", "--uses", "9"];
  inviteCode = (await world.command("invite", "new", ...words)).invite_code;
});

after(() => world?.stop());

function wallet() {
  const account = privateKeyToAccount(generatePrivateKey());
  const signMessage = (raw) => account.signMessage({ message: { raw } });
  return { address: account.address, chainId: 1, signMessage };
}

test("an account enrolls, calls, and acts in every other form", async () => {
  const own = wallet();
  const who = { name: "trader", owner: "treasury", purpose: "trades", wallet: own };
  const client = await bootstrap({ server: world.server, inviteCode, ...who });
  const url = `${world.gateway}/busy/tickets/7?x=1`;
  assert.equal((await client.signedFetch(url)).status, 200);
  const post = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
  assert.equal((await client.signedFetch(`${world.api}/tickets`, post)).status, 200);
  for (const credential of ["derived", "token", "dpop"]) {
    const acting = client.using({ credential });
    const heard = await (await acting.signedFetch(url)).json();
    assert.equal(heard.headers["x-agent-id"], "trader", credential);
  }
  const { accessToken, tokenType } = await client.using({ credential: "token" }).token();
  assert.equal(tokenType, "DPoP", "a token cannot be bound to an account");
  assert.ok(accessToken);
  await client.task({ purpose: "trade", scopes: ["tickets:read"] }, async (task) => {
    assert.equal((await task.signedFetch(url)).status, 200);
  });
  const again = await createClient({ server: world.server, wallet: own });
  assert.equal(again.identity.agentId, client.identity.agentId);
  await assert.rejects(client.rotateKey(), { code: "configuration" });
});

test("another account, and a wallet that gives nonsense, are refused", async () => {
  const { server } = world;
  await assert.rejects(createClient({ server, wallet: wallet() }), { code: "credential_unknown" });
  for (const signature of ["yes", "0x", new Uint8Array(0)]) {
    const odd = { ...wallet(), signMessage: async () => signature };
    await assert.rejects(createClient({ server, wallet: odd }), { code: "key_unusable" });
  }
  const other = wallet();
  const mixed = { address: wallet().address, signMessage: other.signMessage };
  const refused = await createClient({ server, wallet: mixed }).catch((it) => it);
  assert.ok(["credential_unknown", "signature_invalid"].includes(refused.code), refused.code);
});
