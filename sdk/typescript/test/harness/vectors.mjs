// How a case of `vectors/` is run. Nothing of a test or of one runtime is in here.

import { SigningKey } from "../../dist/index.js";
import { fromBase64, fromBase64url, toBase64, utf8 } from "../../dist/encoding.js";
import { checkDigest, expectedDigest } from "../../dist/server/digest.js";
import { verifyJws } from "../../dist/server/jws.js";
import { publicKey, sharedSecret } from "../../dist/server/keys.js";
import * as message from "../../dist/server/message.js";
import { lines } from "../../dist/server/received.js";
import { Refusal } from "../../dist/server/refusal.js";
import { verifyTransaction } from "../../dist/server/transaction.js";

/** The topics that are run, and how. */
export const RUNS = {
  digest: runDigest,
  jws: runJws,
  keys: runKey,
  message: runMessage,
  transaction: runTransaction,
};

/** How a case comes out: `ok`, the code of what is refused, or what else went wrong. */
export async function verdictOf(topic, given) {
  try {
    await RUNS[topic](given);
    return "ok";
  } catch (refused) {
    if (refused instanceof Refusal) return refused.code;
    if (refused.code === "key_unusable") return "refused";
    return String(refused);
  }
}

/** The same JSON, in whatever order. */
function same(found, expected) {
  const [left, right] = [found, expected].map((it) => JSON.stringify(it, sorted));
  if (left !== right) throw new Error(`${left} is not ${right}`);
}

function sorted(_name, value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function runDigest({ headers, body = "", body_base64: encoded }) {
  const bytes = encoded === undefined ? utf8(body) : fromBase64(encoded);
  const found = lines({ headers }, "content-digest");
  const expected = expectedDigest(found);
  if (!expected) throw new Refusal("digest_missing");
  await checkDigest(expected, bytes);
}

async function runJws({ token, key, typ, claims }) {
  const known = await publicKey(key);
  same(await verifyJws(token, typ, async () => known), claims);
}

async function runKey({ use, jwk, algorithm, thumbprint }) {
  const key = use === "signing" ? await SigningKey.fromJwk(jwk) : await publicKey(jwk);
  same([key.algorithm, key.thumbprint], [algorithm, thumbprint]);
}

async function runTransaction({ now, issuer, trust_domain: trustDomain, keys, token, claims }) {
  const known = await Promise.all(keys.map((jwk) => publicKey(jwk)));
  const find = async (kid) => known.find((key) => key.thumbprint === kid);
  const read = await verifyTransaction(token, { issuer, trustDomain, now, find });
  same([read.id, read.targetDigest], [claims.txn, claims.tctx.target_digest]);
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
  if (base) same(text, base.join("\n"));
  if (signing) {
    const again = toBase64(await (await SigningKey.fromJwk(signing)).sign(utf8(text)));
    const [sent] = lines(received, "signature");
    same(sent.slice(sent.indexOf("=") + 1), `:${again}:`);
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
