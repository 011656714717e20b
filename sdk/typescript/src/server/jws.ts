/**
 * Compact JSON Web Signatures (RFC 7515), read strictly: the algorithm is pinned by the key,
 * nothing in a token chooses the key but its name, and no header member changes what it means.
 */

import { fromBase64url, fromUtf8, utf8, type Bytes } from "../encoding.js";
import { readObject } from "../json.js";
import type { VerifyingKey } from "./keys.js";
import { Refusal } from "./refusal.js";

/** What a token says. */
export type Claims = Record<string, unknown>;

const MAX_BYTES = 16 * 1024;
const MAX_NAME = 256;
const REFUSED = ["crit", "jku", "x5u", "x5c", "b64", "zip", "enc", "jwk"];

/**
 * The claims of a token that verifies under the key that `find` gives for its `kid`. Its type has
 * to be among `types`, null standing for none.
 */
export async function verifyJws(
  token: string,
  types: readonly (string | null)[],
  find: (kid: string | undefined) => Promise<VerifyingKey | undefined>,
): Promise<Claims> {
  if (utf8(token).length > MAX_BYTES) throw bad("the JWS is larger than 16 KiB");
  const parts = token.split(".");
  const [head = "", payload = "", signature = ""] = parts;
  if (parts.length !== 3) throw bad("the JWS has not three parts");
  const header = objectOf(head);
  if (REFUSED.some((name) => name in header)) {
    throw bad("the JWS header has a member that is not accepted");
  }
  const [alg, kid, typ] = ["alg", "kid", "typ"].map((name) => member(header, name));
  if (alg !== "ES256" && alg !== "EdDSA" && alg !== "Ed25519") {
    throw bad("the algorithm of the JWS is not accepted");
  }
  if (!types.some((type) => isSame(type, typ))) throw bad("the JWS is of another type");
  const key = await find(kid);
  if (!key) throw bad("the token's key is not known here");
  const algorithm = alg === "ES256" ? "ecdsa-p256-sha256" : "ed25519";
  if (key.algorithm !== algorithm) throw bad("the token names another algorithm than its key's");
  const signed = utf8(`${head}.${payload}`);
  if (!(await key.verify(bytesOf(signature), signed))) {
    throw bad("the token's signature does not verify");
  }
  return objectOf(payload);
}

function member(header: Claims, name: string): string | undefined {
  if (!(name in header)) return undefined;
  const value = header[name];
  if (typeof value !== "string" || utf8(value).length > MAX_NAME) {
    throw bad("a member of the JWS header cannot be read");
  }
  return value;
}

/** Types are compared without regard to case or to a leading `application/`. */
function isSame(accepted: string | null, given: string | undefined): boolean {
  if (accepted === null || given === undefined) return accepted === null && given === undefined;
  return given.toLowerCase().replace(/^application\//, "") === accepted.toLowerCase();
}

function objectOf(part: string): Claims {
  let text: string;
  try {
    text = fromUtf8(bytesOf(part));
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw bad("a part of the JWS is not UTF-8");
  }
  const read = readObject(text);
  if (!read) throw bad("a part of the JWS is not one JSON object");
  return read;
}

function bytesOf(part: string): Bytes {
  const bytes = fromBase64url(part);
  if (!bytes) throw bad("a part of the JWS is not canonical base64url");
  return bytes;
}

/** A token that does not verify. */
export function bad(detail: string): Refusal {
  return new Refusal("token_invalid", detail);
}
