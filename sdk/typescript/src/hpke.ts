/**
 * Opening what was sealed to an X25519 key with HPKE (RFC 9180): base mode, DHKEM(X25519,
 * HKDF-SHA256), HKDF-SHA256, AES-128-GCM. Done once an hour, for a derived key.
 */

import { concat, utf8, type Bytes } from "./encoding.js";

const subtle = globalThis.crypto.subtle;
const EMPTY = new Uint8Array(0);
const KEM = concat(utf8("KEM"), new Uint8Array([0x00, 0x20]));
const SUITE = concat(utf8("HPKE"), new Uint8Array([0, 0x20, 0, 0x01, 0, 0x01]));

/** What was sealed, and for what. */
export interface Sealed {
  /** The encapsulated key. */
  enc: Bytes;
  ciphertext: Bytes;
  info: Bytes;
  aad: Bytes;
}

/** Opens it with the key pair that it was sealed to; throws where it does not open. */
export async function open(pair: CryptoKeyPair, sealed: Sealed): Promise<Bytes> {
  const own = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
  const theirs = await subtle.importKey("raw", sealed.enc, "X25519", false, []);
  const agreed = { name: "X25519", public: theirs };
  const shared = new Uint8Array(await subtle.deriveBits(agreed, pair.privateKey, 256));
  const secret = await decapsulated(shared, concat(sealed.enc, own));
  const { key, nonce } = await schedule(secret, sealed.info);
  const aes = await subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  const parameters = { name: "AES-GCM", iv: nonce, additionalData: sealed.aad };
  return new Uint8Array(await subtle.decrypt(parameters, aes, sealed.ciphertext));
}

/** Section 4.1, `ExtractAndExpand`. */
async function decapsulated(shared: Bytes, context: Bytes): Promise<Bytes> {
  const pseudorandom = await extract(KEM, EMPTY, "eae_prk", shared);
  return expand(KEM, pseudorandom, "shared_secret", context, 32);
}

/** Section 5.1, `KeySchedule` in base mode. */
async function schedule(shared: Bytes, info: Bytes): Promise<{ key: Bytes; nonce: Bytes }> {
  const context = concat(
    new Uint8Array([0]),
    await extract(SUITE, EMPTY, "psk_id_hash", EMPTY),
    await extract(SUITE, EMPTY, "info_hash", info),
  );
  const secret = await extract(SUITE, shared, "secret", EMPTY);
  const key = await expand(SUITE, secret, "key", context, 16);
  const nonce = await expand(SUITE, secret, "base_nonce", context, 12);
  return { key, nonce };
}

/** Section 4, `LabeledExtract`. */
function extract(suite: Bytes, salt: Bytes, label: string, material: Bytes): Promise<Bytes> {
  return mac(salt, concat(utf8("HPKE-v1"), suite, utf8(label), material));
}

/** Section 4, `LabeledExpand`, for at most the 32 bytes of one block. */
async function expand(
  suite: Bytes,
  secret: Bytes,
  label: string,
  info: Bytes,
  length: number,
): Promise<Bytes> {
  const wanted = new Uint8Array([0, length]);
  const labeled = concat(wanted, utf8("HPKE-v1"), suite, utf8(label), info);
  const block = await mac(secret, concat(labeled, new Uint8Array([1])));
  return block.slice(0, length);
}

async function mac(key: Bytes, data: Bytes): Promise<Bytes> {
  // An empty key and one of zeros are the same to HMAC; not every runtime imports the empty one.
  const bytes = key.length === 0 ? new Uint8Array(32) : key;
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const imported = await subtle.importKey("raw", bytes, hmac, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", imported, data));
}
