// Every case of `vectors/` that says how to sign or verify what this package signs and verifies.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";

import { SigningKey } from "../dist/index.js";
import { fromBase64url, toBase64, utf8 } from "../dist/encoding.js";
import { checkDigest, expectedDigest } from "../dist/server/digest.js";
import { verifyJws } from "../dist/server/jws.js";
import { publicKey, sharedSecret } from "../dist/server/keys.js";
import * as message from "../dist/server/message.js";
import { lines } from "../dist/server/received.js";
import { Refusal } from "../dist/server/refusal.js";
import { verifyTransaction } from "../dist/server/transaction.js";
import { readJwk } from "../dist/key.js";

const ROOT = new URL("../../../vectors/", import.meta.url);

/** Each topic is run, or it is said why not. */
const TOPICS = {
  digest: runDigest,
  jws: runJws,
  keys: runKey,
  message: runMessage,
  transaction: runTransaction,
  certificate: "the runtime's TLS presents certificates; the middleware takes none",
  dpop: "proofs are made here and verified by the gateway: test/flow.test.mjs",
  "jwt-svid": "the middleware takes no JWT-SVID",
  passkey: "people's, at the authority",
  token: "access tokens are verified by the gateway, never by the API behind it",
  wallet: "accounts sign here and are verified by the gateway: test/wallet.test.mjs",
  webhook: "the simple form is for what has no signature library",
  workload: "the authority exchanges tokens of other issuers",
};

/** Cases of a topic that is run, and why these are not. */
const EXCUSED = {
  "keys/signing-secp256k1.json": "an account's key stays in its wallet, and is never read here",
};

test("every topic is run, or it is said why not", async () => {
  const found = await readdir(ROOT, { withFileTypes: true });
  const topics = found.filter((it) => it.isDirectory()).map((it) => it.name);
  assert.deepEqual(topics.sort(), Object.keys(TOPICS).sort());
});

for (const [topic, run] of Object.entries(TOPICS)) {
  if (typeof run === "string") continue;
  test(`every case of ${topic} comes out as it says`, async () => {
    const different = [];
    let [accepted, refused] = [0, 0];
    for (const name of await readdir(new URL(`${topic}/`, ROOT))) {
      if (`${topic}/${name}` in EXCUSED) continue;
      const text = await readFile(new URL(`${topic}/${name}`, ROOT), "utf8");
      const { expect, ...given } = JSON.parse(text);
      const verdict = await run(given).then(() => "ok", codeOf);
      if (expect === "ok") accepted++;
      else refused++;
      if (verdict !== expect) different.push(`${name}: ${expect} expected, ${verdict}`);
    }
    assert.deepEqual(different, []);
    assert.ok(accepted > 0 && refused >= 3 * accepted, `${accepted} and ${refused}`);
  });
}

function codeOf(refused) {
  if (refused instanceof Refusal) return refused.code;
  if (refused.code === "key_unusable") return "refused";
  throw refused;
}

async function runDigest({ headers, body = "", body_base64: encoded }) {
  const bytes = encoded === undefined ? utf8(body) : new Uint8Array(Buffer.from(encoded, "base64"));
  const found = lines({ headers }, "content-digest");
  const expected = expectedDigest(found);
  if (!expected) throw new Refusal("digest_missing");
  await checkDigest(expected, bytes);
}

async function runJws({ token, key, typ, claims }) {
  const known = await publicKey(key);
  const read = await verifyJws(token, typ, async () => known);
  assert.deepEqual(read, claims);
}

async function runKey({ use, jwk, algorithm, thumbprint }) {
  const key = use === "signing" ? await SigningKey.fromJwk(jwk) : await publicKey(jwk);
  assert.deepEqual([key.algorithm, key.thumbprint], [algorithm, thumbprint]);
}

async function runTransaction({ now, issuer, trust_domain: trustDomain, keys, token, claims }) {
  const known = await Promise.all(keys.map((jwk) => publicKey(jwk)));
  const find = async (kid) => known.find((key) => key.thumbprint === kid);
  const read = await verifyTransaction(token, { issuer, trustDomain, now, find });
  assert.equal(read.id, claims.txn);
  assert.equal(read.targetDigest, claims.tctx.target_digest);
}

async function runMessage({ now, window, request, key, base, signing_key: signing }) {
  const received = receivedOf(request);
  const body = utf8(request.body ?? "");
  const digest = expectedDigest(lines(received, "content-digest"));
  const presented = message.findSignature(received);
  if (!presented) throw new Refusal("credential_missing");
  if (window) {
    if (!digest && body.length > 0) throw new Refusal("digest_missing");
    const bounds = { windowSeconds: window.window_seconds, skewSeconds: window.skew_seconds };
    message.checkWindow(presented, now, bounds);
    message.checkCoverage(presented, received, body.length > 0);
    message.nonceOf(presented);
  }
  await message.verifySignature(presented, received, await verifierOf(key));
  await checkDigest(digest, body);
  const text = message.baseOf(presented, received);
  if (base) assert.equal(text, base.join("\n"));
  if (signing) {
    const again = toBase64(await (await SigningKey.fromJwk(signing)).sign(utf8(text)));
    assert.ok(lines(received, "signature")[0].endsWith(`=:${again}:`));
  }
}

async function verifierOf(jwk) {
  if (jwk.kty === "oct") return sharedSecret(fromBase64url(jwk.k));
  return publicKey(jwk);
}

function receivedOf({ method, url, headers }) {
  const [, scheme, authority, target] = /^([^:]+):\/\/([^/?]*)(.*)$/s.exec(url);
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? null : target.slice(mark + 1);
  return { method, scheme, authority, path, query, headers };
}

test("what is excused is there, and is refused", async () => {
  for (const path of Object.keys(EXCUSED)) {
    const { jwk } = JSON.parse(await readFile(new URL(path, ROOT), "utf8"));
    await assert.rejects(readJwk(jwk, "sign"), { code: "key_unusable" });
  }
});
