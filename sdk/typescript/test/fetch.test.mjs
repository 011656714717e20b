// The manners of `fetch`: bodies, redirects, signals, and what is sent again.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { bootstrap, Denial } from "../dist/index.js";
import { contentDigest } from "../dist/primitives.js";
import { testClock } from "./harness/clock.mjs";
import { start } from "./harness/server.mjs";

let world;
let client;
let store;
let answer;

before(async () => {
  world = await start({ upstream: (...given) => answer?.(...given) });
  const words = ["--scope", "tickets:read", "--scope", "tickets:write", "--uses", "50"];
  const { invite_code: inviteCode } = await world.command("invite", "new", ...words);
  const who = { server: world.server, inviteCode, owner: "support", purpose: "fetches" };
  let count = 2;
  store = (options) => bootstrap({ ...who, name: `agent-${count++}`, ...options });
  client = await store({});
});

beforeEach(() => {
  answer = undefined;
  world.heard.length = 0;
});

after(() => world?.stop());

const FORM = "application/x-www-form-urlencoded";
const url = (path) => `${world.api}${path}`;

function redirect(location, status = 302) {
  answer = (request, response) => {
    if (request.url !== "/tickets") return false;
    response.writeHead(status, { location });
    response.end();
    return true;
  };
}

test("every kind of body arrives as it was given", async () => {
  const form = new FormData();
  form.set("title", "fire");
  form.set("photo", new Blob(["\u0000\u00ff"], { type: "image/png" }), "fire.png");
  const stream = () => new Blob(["a", "b"]).stream();
  const text = (heard) => heard.body;
  const cases = [
    ["plain", "text/plain;charset=UTF-8", text, "plain"],
    [new URLSearchParams({ a: "1 2" }), `${FORM};charset=UTF-8`, text, "a=1+2"],
    [new Blob(["{}"], { type: "application/json" }), "application/json", text, "{}"],
    [new TextEncoder().encode("bytes"), undefined, text, "bytes"],
    [stream(), undefined, text, "ab"],
    [form, undefined, (heard) => heard.body.includes('filename="fire.png"'), true],
    ["", "text/plain;charset=UTF-8", text, ""],
  ];
  for (const [body, type, read, expected] of cases) {
    const init = { method: "POST", body, duplex: "half" };
    const heard = await (await client.signedFetch(url("/tickets"), init)).json();
    assert.equal(read(heard), expected);
    if (type) assert.equal(heard.headers["content-type"], type);
  }
  const request = new Request(url("/tickets"), { method: "POST", body: "of a Request" });
  assert.equal((await (await client.signedFetch(request)).json()).body, "of a Request");
});

test("a stream whose digest is known is passed on, and is sent once", async () => {
  const bytes = new TextEncoder().encode("long".repeat(100_000));
  const digest = await contentDigest(bytes);
  const init = () => ({
    method: "PUT",
    body: new Blob([bytes]).stream(),
    headers: { "content-digest": digest, "content-type": "text/plain" },
  });
  const heard = await (await client.signedFetch(url("/tickets/1"), init())).json();
  assert.equal(heard.body.length, bytes.length);
  const small = await store({ maxBodyBytes: 1000 });
  assert.equal((await small.signedFetch(url("/tickets/1"), init())).status, 200);
  const whole = { method: "PUT", body: bytes };
  await assert.rejects(small.signedFetch(url("/tickets/1"), whole), { code: "body_too_large" });
  const stream = { method: "PUT", body: new Blob([bytes]).stream(), duplex: "half" };
  await assert.rejects(small.signedFetch(url("/tickets/1"), stream), { code: "body_too_large" });
});

test("an API's own refusals are answers, as with fetch", async () => {
  answer = (_, response) => {
    response.writeHead(404, { "content-type": "application/problem+json" });
    response.end(JSON.stringify({ type: "about:blank", code: "no_such_ticket" }));
    return true;
  };
  const found = await client.signedFetch(url("/tickets/1"));
  assert.equal(found.status, 404);
  assert.equal((await found.json()).code, "no_such_ticket");
});

test("a denial is thrown, with all that the gateway says and the answer itself", async () => {
  const denied = await client.signedFetch(url("/nowhere")).catch((it) => it);
  assert.ok(denied instanceof Denial);
  assert.equal(denied.code, "operation_unknown");
  assert.match(denied.hint, /check method and path/);
  assert.match(denied.requestId, /^rec_/);
  assert.equal(denied.response.status, 403);
  assert.equal((await denied.response.json()).code, "operation_unknown");
});

test("what another server says is never taken for the gateway's word", async () => {
  const problem = { type: "urn:bailiwick:denial:approval_pending", code: "approval_pending" };
  answer = (_, response) => {
    const headers = { "content-type": "application/problem+json", "retry-after": "0" };
    response.writeHead(202, { ...headers, date: new Date(0).toUTCString() });
    response.end(JSON.stringify({ ...problem, approval: { id: "apr_1", status: "pending" } }));
    return true;
  };
  const asked = [];
  const trusting = await store({ onApproval: ({ id }) => void asked.push(id) });
  assert.equal((await trusting.signedFetch(`${world.behind.url}/tickets/1`)).status, 202);
  assert.deepEqual(asked, []);
});

test("redirects on the same origin are followed, newly signed", async () => {
  redirect("/acme/tickets/7");
  const found = await client.signedFetch(url("/tickets"));
  assert.equal((await found.json()).url, "/tickets/7");
  const posted = await client.signedFetch(url("/tickets"), { method: "POST", body: "x" });
  const heard = await posted.json();
  assert.deepEqual([heard.method, heard.url, heard.body], ["GET", "/tickets/7", ""]);
  assert.equal(heard.headers["content-type"], undefined);
});

test("a redirect that keeps the method keeps the body", async () => {
  let hops = 0;
  answer = (request, response) => {
    if (request.method !== "POST" || hops++ > 0) return false;
    response.writeHead(307, { location: "/acme/tickets?again=1" });
    response.end();
    return true;
  };
  const posted = await client.signedFetch(url("/tickets"), { method: "POST", body: "x" });
  const heard = await posted.json();
  assert.deepEqual([heard.url, heard.body], ["/tickets?again=1", "x"]);
});

test("a redirect to another origin is not followed", async () => {
  const { url: elsewhere } = world.behind;
  for (const location of [`${elsewhere}/tickets/7`, "https://other.example/", "http://["]) {
    redirect(location);
    await assert.rejects(client.signedFetch(url("/tickets")), { code: "redirect_refused" });
  }
  redirect("/acme/tickets/7");
  const init = { redirect: "error" };
  await assert.rejects(client.signedFetch(url("/tickets"), init), { code: "redirect_refused" });
  const manual = await client.signedFetch(url("/tickets"), { redirect: "manual" });
  assert.deepEqual([manual.status, manual.headers.get("location")], [302, "/acme/tickets/7"]);
  redirect("/acme/tickets");
  await assert.rejects(client.signedFetch(url("/tickets")), /more than 20 times/);
});

test("what fetch does not take is not taken", async () => {
  for (const [input, init] of [
    [url("/tickets"), { body: "x" }],
    ["/tickets", {}],
    [url("/tickets"), { headers: { "a b": "c" } }],
  ]) {
    await assert.rejects(client.signedFetch(input, init), TypeError);
  }
});

test("a signal ends it, before and in between", async () => {
  const gone = AbortSignal.abort();
  const early = client.signedFetch(url("/tickets/1"), { signal: gone });
  await assert.rejects(early, { name: "AbortError" });
  const abort = new AbortController();
  answer = () => {
    abort.abort(new RangeError("enough"));
    return true;
  };
  const going = client.signedFetch(url("/tickets/1"), { signal: abort.signal });
  await assert.rejects(going, RangeError);
});

/** An API that breaks off, as often as it says. */
function breaking(times) {
  answer = (request) => {
    if (times-- <= 0) return false;
    request.socket.destroy();
    return true;
  };
}

test("what may be sent twice is, and nothing else", async () => {
  const clock = testClock();
  const patient = await store({ clock });
  breaking(1);
  assert.equal((await patient.signedFetch(url("/tickets/1"))).status, 200);
  assert.ok(clock.slept.length > 0);
  for (const [init, isAgain] of [
    [{ method: "POST", body: "x" }, false],
    [{ method: "PUT", body: "x" }, true],
    [{ method: "POST", body: "x", headers: { "idempotency-key": "1" } }, true],
  ]) {
    const path = init.method === "PUT" ? "/tickets/1" : "/tickets";
    breaking(1);
    const sent = patient.signedFetch(url(path), init).then(() => true, (it) => it.code);
    assert.equal(await sent, isAgain || "upstream_failed", JSON.stringify(init));
  }
});

test("a network that breaks repeats only what may be repeated", async () => {
  let broken = 0;
  const flaky = (input, init) => {
    const isCall = String(input).includes("/acme/");
    if (isCall && broken-- > 0) return Promise.reject(new TypeError("fetch failed"));
    return fetch(input, init);
  };
  const patient = await store({ clock: testClock(), fetch: flaky });
  broken = 2;
  assert.equal((await patient.signedFetch(url("/tickets/1"))).status, 200);
  broken = 1;
  const post = patient.signedFetch(url("/tickets"), { method: "POST", body: "x" });
  await assert.rejects(post, { code: "server_unreachable" });
});

test("bytes that arrived twice are not sent again where they may have done something", async () => {
  const problem = { type: "urn:bailiwick:denial:nonce_replayed", code: "nonce_replayed" };
  const headers = { "content-type": "application/problem+json" };
  let replayed = 0;
  const doubling = (input, init) => {
    if (!String(input).includes("/acme/") || replayed-- <= 0) return fetch(input, init);
    return Promise.resolve(new Response(JSON.stringify(problem), { status: 401, headers }));
  };
  const patient = await store({ clock: testClock(), fetch: doubling });
  replayed = 1;
  assert.equal((await patient.signedFetch(url("/tickets/1"))).status, 200);
  replayed = 1;
  const post = patient.signedFetch(url("/tickets"), { method: "POST", body: "x" });
  await assert.rejects(post, { code: "nonce_replayed" });
});

test("a limit is waited for as long as it says, and no longer than is agreed", async () => {
  const clock = testClock();
  const patient = await store({ clock, maxWaitSeconds: 120 });
  const call = () => patient.signedFetch(url("/reports"));
  await call();
  await call();
  const denied = await call().catch((it) => it);
  assert.deepEqual([denied.code, denied.status], ["rate_limited", 429]);
  assert.ok(denied.retryAfterSeconds > 1, String(denied.retryAfterSeconds));
  assert.ok(clock.slept.length > 0);
  assert.ok(clock.slept.reduce((sum, it) => sum + it) <= 120_000);
  const hasty = await store({ clock: testClock(), maxWaitSeconds: 1 });
  await hasty.signedFetch(url("/reports"));
  await hasty.signedFetch(url("/reports"));
  await assert.rejects(hasty.signedFetch(url("/reports")), { code: "rate_limited" });
});

test("a fetch that is handed over needs no object around it", async () => {
  const { signedFetch } = client;
  assert.equal((await signedFetch(new URL(url("/tickets/1")))).status, 200);
  assert.equal((await signedFetch(`${url("/tickets/1")}?#part`)).status, 200);
  const own = { headers: { signature: "x", "signature-input": "y", dpop: "z" } };
  assert.equal((await signedFetch(url("/tickets/1"), own)).status, 200);
});
