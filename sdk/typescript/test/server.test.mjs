// The middleware of APIs: what the gateway says of a request, and what agents sign themselves.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";

import express from "express";
import fastify from "fastify";
import { Hono } from "hono";

import { bootstrap, generateKey } from "../dist/index.js";
import { signMessage } from "../dist/message.js";
import { contentDigest } from "../dist/primitives.js";
import {
  createVerifier,
  expressMiddleware,
  fastifyPlugin,
  honoMiddleware,
  memoryNonces,
  redisNonces,
  Refusal,
  Verifier,
} from "../dist/server/index.js";
import { ownSigner } from "../dist/signers.js";
import { start } from "./harness/server.mjs";

const AGENT = { id: "agt_1", name: "summarizer" };
let key;

before(async () => {
  key = await generateKey({ extractable: false });
});

/** A verifier's options that know one agent's key. */
function knowing(host, options = {}) {
  const keys = (keyid) =>
    keyid === "key_1" ? { key: key.publicJwk, agent: AGENT } : undefined;
  return { keys, hosts: [host], ...options };
}

/** A request that this agent signs. */
async function signed(url, { method = "GET", body, at = Date.now() / 1000, bend } = {}) {
  const headers = new Headers(body === undefined ? {} : { "content-type": "application/json" });
  if (body !== undefined) {
    headers.set("content-digest", await contentDigest(new TextEncoder().encode(body)));
  }
  const request = { method, url: new URL(url), headers };
  await signMessage(request, ownSigner(key, "key_1"), Math.floor(at));
  bend?.(request);
  return [request.url.href, { method: request.method, headers, body: request.body ?? body }];
}

/** Each framework, listening, with a route that says who called and what with. */
const FRAMEWORKS = {
  async express(options) {
    const app = express();
    const server = createServer(app);
    const url = await listening(server);
    app.use(expressMiddleware(options(new URL(url).host)), express.json());
    app.all("/tickets", (request, response) => {
      response.json({ agent: request.bailiwick.agent.name, body: request.body ?? null });
    });
    return { url, close: () => server.close() };
  },
  async fastify(options) {
    const app = fastify();
    const server = createServer((request, response) => app.routing(request, response));
    const url = await listening(server);
    await app.register(fastifyPlugin(options(new URL(url).host)));
    app.all("/tickets", async (request) => ({
      agent: request.bailiwick.agent.name,
      body: request.body ?? null,
    }));
    await app.ready();
    return { url, close: () => server.close() };
  },
  async hono(options) {
    const app = new Hono();
    app.use(honoMiddleware(options("api.example")));
    app.all("/tickets", async (context) => {
      const text = await context.req.text();
      const body = text === "" ? null : JSON.parse(text);
      return context.json({ agent: context.get("bailiwick").agent.name, body });
    });
    const url = "http://api.example";
    return { url, close() {}, send: (...given) => app.request(...given) };
  },
};

async function listening(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

for (const [name, listen] of Object.entries(FRAMEWORKS)) {
  test(`${name}: a signed request comes in once, and a changed one never`, async () => {
    const api = await listen((host) => knowing(host));
    const send = api.send ?? fetch;
    const tell = async (given) => {
      const answer = await send(...(await given));
      const { code, ...rest } = await answer.json();
      return code ? `${answer.status} ${code}` : rest;
    };
    const url = `${api.url}/tickets`;
    const post = { method: "POST", body: '{"title":"fire"}' };
    const accepted = await signed(url, post);
    assert.deepEqual(await tell(accepted), { agent: AGENT.name, body: { title: "fire" } });
    assert.equal(await tell(accepted), "401 nonce_replayed");
    assert.deepEqual(await tell(signed(`${url}?a=1`)), { agent: AGENT.name, body: null });
    const cases = [
      [{ ...post, bend: (it) => (it.body = '{"title":"tire"}') }, "401 digest_mismatch"],
      [{ bend: (it) => it.headers.delete("signature-input") }, "400 credential_malformed"],
      [{ bend: (it) => (it.url = new URL(`${url}?all=1`)) }, "401 signature_coverage"],
      [{ bend: (it) => (it.method = "DELETE") }, "401 signature_invalid"],
      [{ at: Date.now() / 1000 - 300 }, "401 signature_expired"],
      [{ at: Date.now() / 1000 + 300 }, "401 signature_not_yet_valid"],
      [{ ...post, bend: (it) => it.headers.delete("content-digest") }, "401 digest_missing"],
      [{ ...post, body: `"${"x".repeat(1_100_000)}"` }, "413 body_too_large"],
    ];
    for (const [bent, expected] of cases) {
      assert.equal(await tell(signed(url, bent)), expected, String(bent.bend));
    }
    const nobody = await send(url);
    assert.deepEqual([nobody.status, (await nobody.json()).code], [401, "credential_missing"]);
    api.close();
  });
}

test("a key that nobody knows, and another host's signature, are refused", async () => {
  const verify = createVerifier(knowing("api.example"));
  const code = (promise) => promise.then(() => "ok", (refused) => refused.code);
  const request = async (url, bend) => new Request(...(await signed(url, { bend })));
  assert.equal(await code(verify(await request("http://api.example/"))), "ok");
  const elsewhere = await request("http://other.example/");
  assert.equal(await code(verify(elsewhere)), "request_malformed");
  const stranger = await request("http://api.example/", ({ headers }) => {
    headers.set("signature-input", headers.get("signature-input").replace("key_1", "key_2"));
  });
  assert.equal(await code(verify(stranger)), "credential_unknown");
});

test("what cannot be told is refused", async () => {
  const broken = () => Promise.reject(new Error("the database is away"));
  const stores = [
    { nonces: { use: broken } },
    { keys: broken },
    { nonces: redisNonces(async () => "QUEUED") },
    { nonces: redisNonces(broken) },
  ];
  for (const options of stores) {
    const verify = createVerifier(knowing("api.example", options));
    const request = new Request(...(await signed("http://api.example/")));
    const refused = await verify(request).catch((it) => it);
    assert.ok(refused instanceof Refusal);
    assert.equal(refused.code, "unavailable");
  }
});

test("a verifier that would let everybody in is not made", () => {
  for (const options of [{}, { issuer: "https://a.example" }, { keys: () => undefined }]) {
    assert.throws(() => new Verifier(options), TypeError);
  }
});

const REDIS = process.env.BAILIWICK_TEST_REDIS;

/** One command to a Redis server (RESP2), and what it answers. */
function asked(socket, words) {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", (bytes) => {
      const line = String(bytes).split("\r\n")[0];
      if (line.startsWith("-")) reject(new Error(line));
      else resolve(line === "$-1" ? null : line.slice(1));
    });
    socket.write(`*${words.length}\r\n${parts.join("")}`);
  });
}

const without = REDIS ? false : "BAILIWICK_TEST_REDIS names no server";
test("a nonce is good once in a real Redis", { skip: without }, async () => {
  const { hostname, port } = new URL(REDIS);
  const socket = connect(Number(port), hostname);
  try {
    const options = { prefix: `sdk:${crypto.randomUUID()}:` };
    const store = redisNonces((words) => asked(socket, words), options);
    const until = Date.now() / 1000 + 60;
    assert.equal(await store.use("a", until), true);
    assert.equal(await store.use("a", until), false);
    assert.equal(await store.use("b", until), true);
    assert.equal(await store.use("over", Date.now() / 1000 - 1), true);
    assert.equal(await store.use("over", until), true, "what is over is forgotten");
  } finally {
    socket.destroy();
  }
});

test("a nonce is good once, in this process and in Redis", async () => {
  let now = 100;
  const kept = new Map();
  // What Redis does with SET key value NX PXAT time.
  const redis = async ([set, name, value, nx, pxat, until]) => {
    assert.deepEqual([set, nx, pxat], ["SET", "NX", "PXAT"]);
    if ((kept.get(name)?.until ?? 0) > now * 1000) return null;
    kept.set(name, { value, until: Number(until) });
    return "OK";
  };
  for (const store of [memoryNonces({ now: () => now, max: 2 }), redisNonces(redis)]) {
    now = 100;
    assert.equal(await store.use("a", 110), true);
    assert.equal(await store.use("a", 110), false);
    assert.equal(await store.use("b", 110), true);
    now = 111;
    assert.equal(await store.use("a", 120), true);
  }
  const full = memoryNonces({ now: () => 100, max: 1 });
  await full.use("a", 110);
  await assert.rejects(full.use("b", 110), { code: "unavailable" });
});

test("what a real gateway says of a request is believed, for that request and once", async () => {
  let verdict;
  let authority = "http://unknown.invalid";
  const options = () => ({ issuer: authority, trustDomain: "acme.example" });
  const world = await start();
  after(() => world.stop());
  authority = world.server;
  const verifier = new Verifier(options());
  const invite = await world.command("invite", "new", "--scope", "tickets:read");
  const inviteCode = invite.invite_code;
  const who = { name: "one", owner: "support", purpose: "reads" };
  const client = await bootstrap({ server: world.server, inviteCode, ...who });
  const call = async (path) => {
    await client.task({ purpose: "look", scopes: ["tickets:read"] }, (task) =>
      task.signedFetch(`${world.api}${path}`),
    );
    const { method, url, headers } = world.heard.at(-1);
    const mark = url.indexOf("?");
    const target = mark < 0
      ? { path: url, query: null }
      : { path: url.slice(0, mark), query: url.slice(mark + 1) };
    const base = { method, scheme: "http", authority: "api", ...target };
    return { ...base, headers: Object.entries(headers) };
  };
  const judge = (received) =>
    verifier.verify(received, new Uint8Array(0)).then((it) => (verdict = it), (it) => it.code);

  const received = await call("/tickets/7?x=1");
  await judge(received);
  assert.deepEqual([verdict.agent.name, verdict.agent.owner], ["one", "support"]);
  assert.match(verdict.task, /^tsk_/);
  assert.equal(verdict.purpose, "look");
  assert.deepEqual(verdict.scopes, ["tickets:read"]);
  assert.match(verdict.trace.requestId, /^rec_/);
  assert.match(verdict.trace.traceparent, /^00-/);
  assert.equal(await judge(received), "nonce_replayed");
  assert.equal(await judge({ ...(await call("/tickets/7")), path: "/tickets/8" }), "token_invalid");
  assert.equal(await judge({ ...(await call("/tickets/7")), method: "DELETE" }), "token_invalid");
  const other = new Verifier({ ...options(), trustDomain: "other.example" });
  const foreign = await other.verify(await call("/tickets/7"), new Uint8Array(0)).catch((it) => it);
  assert.equal(foreign.code, "token_audience");
  const without = { ...(await call("/tickets/7")), headers: [] };
  assert.equal(await judge(without), "credential_missing");
  const late = new Verifier({ ...options(), now: () => Date.now() / 1000 + 20 });
  const expired = await late.verify(await call("/tickets/7"), new Uint8Array(0)).catch((it) => it);
  assert.equal(expired.code, "token_expired");
});

test("without the authority's keys nobody comes in", async () => {
  const answers = [
    () => Promise.reject(new TypeError("refused")),
    async () => new Response("no", { status: 500 }),
    async () => new Response("{}"),
    async () => Response.redirect("http://b.example/"),
    async () => new Response("x".repeat(300_000)),
  ];
  const header = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const token = `${header({ alg: "EdDSA", kid: "a", typ: "txntoken+jwt" })}.${header({})}.AA`;
  for (const fetch of answers) {
    const verifier = new Verifier({ issuer: "http://a.example", trustDomain: "a", fetch });
    const received = { method: "GET", scheme: "http", authority: "a", path: "/", query: null };
    const headers = [["Txn-Token", token]];
    const refused = verifier.verify({ ...received, headers }, new Uint8Array(0));
    await assert.rejects(refused, { code: "unavailable" });
  }
});
