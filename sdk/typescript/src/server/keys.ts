/** Keys that verify. */

import { fromBase64url, toBase64url, type Bytes } from "../encoding.js";
import { BailiwickError } from "../errors.js";
import { imported, readJwk, SigningKey, type Jwk } from "../key.js";
import { PARAMETERS, verify, type Algorithm } from "../primitives.js";

/** A key, with the one algorithm it verifies by. */
export interface VerifyingKey {
  readonly algorithm: Algorithm;
  readonly thumbprint: string;
  verify(signature: Bytes, data: Bytes): Promise<boolean>;
}

/** The canonical y coordinates of the points of small order (RFC 8032), in base64url. */
const ORDER_EIGHT = [
  "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
  "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
];

/** A public key: Ed25519 or P-256. Ed25519 points of small order are refused. */
export async function publicKey(jwk: string | Jwk): Promise<VerifyingKey> {
  const text = typeof jwk === "string" ? jwk : JSON.stringify(jwk);
  const { algorithm, thumbprint, material } = await readJwk(text, "verify");
  if (algorithm === "ed25519") checkPoint(fromBase64url(material.x ?? "") ?? new Uint8Array(32));
  const key = await imported(material, PARAMETERS[algorithm], ["verify"]);
  return {
    algorithm,
    thumbprint,
    verify: async (signature, data) =>
      signature.length === 64 && (await verify(algorithm, key, signature, data)),
  };
}

/** A secret that both sides hold: 32 to 128 bytes. */
export async function sharedSecret(secret: Bytes): Promise<VerifyingKey> {
  const signing = await SigningKey.fromJwk({ kty: "oct", k: toBase64url(secret) });
  const mac = PARAMETERS["hmac-sha256"];
  const key = await globalThis.crypto.subtle.importKey("raw", secret, mac, false, ["verify"]);
  return {
    algorithm: "hmac-sha256",
    thumbprint: signing.thumbprint,
    verify: (signature, data) => verify("hmac-sha256", key, signature, data),
  };
}

/**
 * Refuses a point that is not canonical (RFC 8032, section 5.1.3), and one of small order, under
 * which a signature fits messages it was never made for.
 */
function checkPoint(point: Bytes): void {
  const unsigned = point.slice();
  unsigned[31] = (unsigned[31] ?? 0) & 0x7f;
  const middle = unsigned.subarray(1, 31);
  const [low = 0, high = 0] = [unsigned[0], unsigned[31]];
  const ones = high === 0x7f && middle.every((byte) => byte === 0xff);
  const zeros = high === 0 && middle.every((byte) => byte === 0);
  if (ones && low >= 0xed) throw weak("its point is not canonical");
  const isSmall = (zeros && low <= 1) || (ones && low === 0xec);
  if (isSmall || ORDER_EIGHT.includes(toBase64url(unsigned))) {
    throw weak("its point has a small order");
  }
}

function weak(why: string): BailiwickError {
  return new BailiwickError("key_unusable", `the key cannot be used: ${why}`);
}

