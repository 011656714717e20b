/**
 * The few cryptographic operations there are. WebCrypto does all of them; where a runtime has
 * Node's synchronous ones at hand as well, signatures, MACs and digests go there: they are several
 * times faster, since no other thread is asked. Keys are WebCrypto's own objects in both cases.
 */

import { toBase64, type Bytes } from "./encoding.js";

/** What a key signs with. */
export type Algorithm = "ed25519" | "ecdsa-p256-sha256" | "hmac-sha256";

interface Hash {
  update(data: Uint8Array): Hash;
  digest(): Uint8Array<ArrayBuffer>;
}

interface Native {
  sign(hash: string | null, data: Uint8Array, key: unknown): Uint8Array<ArrayBuffer>;
  createHmac(hash: string, key: unknown): Hash;
  createHash(hash: string): Hash;
  /** Only in later versions. */
  hash?(hash: string, data: Uint8Array, encoding: "base64"): string;
  createSecretKey(bytes: Uint8Array): unknown;
  KeyObject: { from(key: CryptoKey): unknown };
}

interface Host {
  process?: { getBuiltinModule?(name: string): unknown };
}

/** A module of the runtime, where it has such. */
export function builtin<T>(name: string): T | undefined {
  try {
    return (globalThis as Host).process?.getBuiltinModule?.(name) as T | undefined;
  } catch {
    return undefined;
  }
}

const native = builtin<Native>("node:crypto");
const subtle = globalThis.crypto.subtle;

/** WebCrypto's parameters for each algorithm. */
export const PARAMETERS = {
  ed25519: { name: "Ed25519" },
  "ecdsa-p256-sha256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  "hmac-sha256": { name: "HMAC", hash: "SHA-256" },
} as const satisfies Record<Algorithm, unknown>;

/** Signs these bytes. */
export type Sign = (data: Bytes) => Promise<Bytes> | Bytes;

/** A function that signs with this key. One that is not extractable stays with WebCrypto. */
export function signer(algorithm: Algorithm, key: CryptoKey): Sign {
  const parameters = PARAMETERS[algorithm];
  const slow = async (data: Bytes) => new Uint8Array(await subtle.sign(parameters, key, data));
  const fast = native && key.extractable ? nativeSigner(native, algorithm, key) : undefined;
  return fast && works(fast) ? fast : slow;
}

/** Not so for every algorithm in runtimes that have the module, and not all of it: Workers. */
function works(sign: (data: Bytes) => Bytes): boolean {
  try {
    return sign(new Uint8Array(0)).length > 0;
  } catch {
    return false;
  }
}

/** A function that makes HMACs with this secret. */
export async function macSigner(secret: Bytes): Promise<Sign> {
  const fast = native && nativeMac(native, secret);
  if (fast) return fast;
  const mac = PARAMETERS["hmac-sha256"];
  const key = await subtle.importKey("raw", secret, mac, false, ["sign"]);
  return signer("hmac-sha256", key);
}

function nativeMac(native: Native, secret: Bytes): Sign | undefined {
  try {
    const key = native.createSecretKey(secret);
    return (data) => native.createHmac("sha256", key).update(data).digest();
  } catch {
    return undefined;
  }
}

function nativeSigner(
  native: Native,
  algorithm: Algorithm,
  key: CryptoKey,
): ((data: Bytes) => Bytes) | undefined {
  try {
    const object = native.KeyObject.from(key);
    switch (algorithm) {
      case "ed25519":
        return (data) => native.sign(null, data, object);
      case "ecdsa-p256-sha256": {
        const pair = { key: object, dsaEncoding: "ieee-p1363" };
        return (data) => native.sign("sha256", data, pair);
      }
      case "hmac-sha256":
        return (data) => native.createHmac("sha256", object).update(data).digest();
    }
  } catch {
    // A runtime that has the module and not this part of it.
    return undefined;
  }
}

/** Whether a signature is this key's. */
export function verify(
  algorithm: Algorithm,
  key: CryptoKey,
  signature: Bytes,
  data: Bytes,
): Promise<boolean> {
  return subtle.verify(PARAMETERS[algorithm], key, signature, data);
}

/** SHA-256. */
export async function sha256(data: Bytes): Promise<Bytes> {
  if (native) return native.createHash("sha256").update(data).digest();
  return new Uint8Array(await subtle.digest("SHA-256", data));
}

/** `Content-Digest` of a body (RFC 9530). */
export async function contentDigest(body: Bytes): Promise<string> {
  const digest = native?.hash?.("sha256", body, "base64") ?? toBase64(await sha256(body));
  return `sha-256=:${digest}:`;
}

/** Random bytes. */
export function random(length: number): Bytes {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}
