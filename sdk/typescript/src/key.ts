/** An agent's own key. */

import { fromBase64url, toBase64url, utf8, type Bytes } from "./encoding.js";
import { BailiwickError } from "./errors.js";
import { readObject } from "./json.js";
import { PARAMETERS, sha256, signer, verify, type Algorithm } from "./primitives.js";

/** A JSON Web Key (RFC 7517). */
export type Jwk = Record<string, unknown>;

const MAX_JWK = 4096;
const PRIVATE = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];
const HINT = "`bailiwick key new FILE` or `generateKey()` makes one";
const subtle = globalThis.crypto.subtle;

/** A key that signs. Its private part is in no property, and is never printed. */
export class SigningKey {
  readonly algorithm: Algorithm;
  /** RFC 7638; a `keyid` that servers know it by. */
  readonly thumbprint: string;
  /** The public part; a shared secret has none. */
  readonly publicJwk: Readonly<Jwk> | undefined;
  readonly #key: CryptoKey;
  readonly #sign: (data: Bytes) => Promise<Bytes> | Bytes;

  private constructor(key: CryptoKey, read: Readable) {
    this.#key = key;
    this.algorithm = read.algorithm;
    this.thumbprint = read.thumbprint;
    this.publicJwk = read.publicJwk && Object.freeze(read.publicJwk);
    this.#sign = signer(read.algorithm, key);
  }

  /** Reads a private JWK, as text or as an object, strictly. */
  static async fromJwk(jwk: string | Jwk): Promise<SigningKey> {
    const read = await readJwk(typeof jwk === "string" ? jwk : JSON.stringify(jwk), "sign");
    const parameters = PARAMETERS[read.algorithm];
    const key = await imported(read.material, parameters, ["sign"]);
    const made = new SigningKey(key, read);
    await made.#checkPair(read);
    return made;
  }

  /** The signature over these bytes. */
  sign(data: Bytes): Promise<Bytes> | Bytes {
    return this.#sign(data);
  }

  /** The private JWK as text, to be stored. Whoever reads it can sign. */
  async exportPrivateJwk(): Promise<string> {
    if (!this.#key.extractable) {
      throw new BailiwickError(
        "key_unusable",
        "the key was made so that it cannot be exported",
        "make it with `extractable: true` to keep it in a store of text",
      );
    }
    const { kty, crv, x, y, d, k } = await subtle.exportKey("jwk", this.#key);
    return JSON.stringify(kty === "oct" ? { alg: "HS256", k, kty } : { crv, d, kty, x, y });
  }

  /** @internal A key that WebCrypto made. */
  static async fromPair(pair: CryptoKeyPair, algorithm: Algorithm): Promise<SigningKey> {
    const { kty, crv, x, y } = await subtle.exportKey("jwk", pair.publicKey);
    const publicJwk: Jwk = y === undefined ? { crv, kty, x } : { crv, kty, x, y };
    const thumbprint = await thumbprintOf(publicJwk);
    return new SigningKey(pair.privateKey, { algorithm, publicJwk, thumbprint, material: {} });
  }

  /** What may be shown of it. */
  toJSON(): object {
    return { algorithm: this.algorithm, thumbprint: this.thumbprint };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `SigningKey(${this.algorithm} ${this.thumbprint})`;
  }

  toString(): string {
    return `SigningKey(${this.algorithm} ${this.thumbprint})`;
  }

  /** WebCrypto does not hold the two parts of a pair against each other everywhere. */
  async #checkPair(read: Readable): Promise<void> {
    if (!read.publicJwk) return;
    const message = utf8("the public part is the private part's own");
    const key = await imported(read.publicJwk, PARAMETERS[read.algorithm], ["verify"]);
    const signature = await this.#sign(message);
    if (!(await verify(read.algorithm, key, signature, message))) {
      throw unusable("its public part is not its private part's own");
    }
  }
}

/** Makes a key. One that is not extractable lives as long as this process. */
export async function generateKey(
  options: { algorithm?: Exclude<Algorithm, "hmac-sha256">; extractable?: boolean } = {},
): Promise<SigningKey> {
  const { algorithm = "ed25519", extractable = true } = options;
  const uses: KeyUsage[] = ["sign", "verify"];
  const made = await subtle.generateKey(PARAMETERS[algorithm], extractable, uses);
  return SigningKey.fromPair(made as CryptoKeyPair, algorithm);
}

/** A JWK that was read, and what it is for. */
export interface Readable {
  algorithm: Algorithm;
  thumbprint: string;
  publicJwk: Jwk | undefined;
  /** What WebCrypto imports. */
  material: JsonWebKey;
}

/**
 * Reads a JWK strictly: what it is for must be signing, and what it says of itself must agree with
 * what it is.
 */
export async function readJwk(text: string, use: "sign" | "verify"): Promise<Readable> {
  if (text.length > MAX_JWK) throw unusable("it is larger than 4 KiB");
  const jwk = readObject(text);
  if (!jwk) throw unusable("it is not one JSON object without duplicate members");
  if (use === "verify" && PRIVATE.some((name) => name in jwk)) {
    throw unusable("it has a private part, and a public key is wanted");
  }
  if (use === "sign" && jwk["kty"] === "oct") return readSecret(jwk);
  const algorithm = kindOf(jwk);
  checkPurpose(jwk, algorithm === "ed25519" ? ["EdDSA", "Ed25519"] : ["ES256"], use);
  const names = algorithm === "ed25519" ? ["x"] : ["x", "y"];
  const publicJwk: Jwk = { crv: jwk["crv"], kty: jwk["kty"] };
  for (const name of names) publicJwk[name] = coordinate(jwk, name);
  if (algorithm === "ecdsa-p256-sha256") checkPoint(publicJwk);
  const material: JsonWebKey = { ...publicJwk };
  if (use === "sign") {
    if (!("d" in jwk)) throw unusable("it is a public key, and the private one is wanted");
    material.d = coordinate(jwk, "d");
  }
  return { algorithm, thumbprint: await thumbprintOf(publicJwk), publicJwk, material };
}

async function readSecret(jwk: Jwk): Promise<Readable> {
  checkPurpose(jwk, ["HS256"], "sign");
  const bytes = typeof jwk["k"] === "string" ? fromBase64url(jwk["k"]) : undefined;
  if (!bytes || bytes.length < 32 || bytes.length > 128) {
    throw unusable("a shared secret is 32 to 128 bytes in base64url");
  }
  const thumbprint = toBase64url(await sha256(await sha256(bytes)));
  const material: JsonWebKey = { kty: "oct", k: jwk["k"] as string };
  return { algorithm: "hmac-sha256", thumbprint, publicJwk: undefined, material };
}

function kindOf(jwk: Jwk): Algorithm {
  if (jwk["kty"] === "OKP" && jwk["crv"] === "Ed25519") return "ed25519";
  if (jwk["kty"] === "EC" && jwk["crv"] === "P-256") return "ecdsa-p256-sha256";
  throw unusable("it is of a kind that is not used here: Ed25519 and P-256 are");
}

function checkPurpose(jwk: Jwk, algorithms: string[], operation: string): void {
  const { alg, use, key_ops: operations } = jwk;
  if (alg !== undefined && !algorithms.includes(alg as string)) {
    throw unusable("`alg` is not the one of this key");
  }
  if (use !== undefined && use !== "sig") throw unusable("`use` is not sig");
  const allowed = Array.isArray(operations) && operations.includes(operation);
  if (operations !== undefined && !allowed) throw unusable("`key_ops` does not allow it");
}

function coordinate(jwk: Jwk, name: string): string {
  const given = jwk[name];
  const bytes = typeof given === "string" ? fromBase64url(given) : undefined;
  if (bytes?.length !== 32) throw unusable(`\`${name}\` is not 32 bytes in base64url`);
  return given as string;
}

/** P-256 (SP 800-186, section 3.2.1.3): y² = x³ - 3x + b, modulo p. */
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** Not every runtime's WebCrypto holds a key against the curve when it is read: Deno's does not. */
function checkPoint({ x: first, y: second }: Jwk): void {
  const [x, y] = [first, second].map(numberOf) as [bigint, bigint];
  if (x >= P || y >= P || (y * y - x * x * x + 3n * x - B) % P !== 0n) {
    throw unusable("its numbers are no point of the curve");
  }
}

function numberOf(coordinate: unknown): bigint {
  let number = 0n;
  const bytes = fromBase64url(coordinate as string) ?? [];
  for (const byte of bytes) number = number * 256n + BigInt(byte);
  return number;
}

/** The key as WebCrypto's own object. */
export async function imported(
  jwk: JsonWebKey,
  parameters: (typeof PARAMETERS)[Algorithm],
  uses: KeyUsage[],
): Promise<CryptoKey> {
  try {
    return await subtle.importKey("jwk", jwk, parameters, uses[0] === "sign", uses);
  } catch {
    // What the runtime says of it may quote it.
    throw unusable("its numbers are no key, or its public part is not its private part's own");
  }
}

/** The members are those of RFC 7638, section 3.2, in order. */
async function thumbprintOf(publicJwk: Jwk): Promise<string> {
  return toBase64url(await sha256(utf8(JSON.stringify(publicJwk))));
}

function unusable(why: string): BailiwickError {
  return new BailiwickError("key_unusable", `the key cannot be used: ${why}`, HINT);
}
