/** What a body is said to be, and whether it is (RFC 9530). */

import type { Bytes } from "../encoding.js";
import { Refusal } from "./refusal.js";
import { readDictionary, type Member } from "./structured.js";

/** The digests that a request promises; each of them has to hold. */
export interface Expected {
  sha256?: Uint8Array;
  sha512?: Uint8Array;
}

const MAX_FIELD = 4096;
const MAX_MEMBERS = 16;

/** Reads `Content-Digest`, line by line; undefined where no algorithm of it is used here. */
export function expectedDigest(lines: string[]): Expected | undefined {
  const expected: Expected = {};
  let members = 0;
  for (const line of lines) {
    if (line.length > MAX_FIELD) throw unreadable("Content-Digest is too large");
    let found: [string, Member][];
    try {
      found = readDictionary(line);
    } catch {
      throw unreadable("Content-Digest cannot be read");
    }
    for (const [name, member] of found) {
      members++;
      if (!("bare" in member) || member.bare.type !== "bytes") throw unreadable("no digest");
      note(expected, name, member.bare.value, members);
    }
  }
  return expected.sha256 || expected.sha512 ? expected : undefined;
}

function note(expected: Expected, name: string, digest: Uint8Array, members: number): void {
  const known = { "sha-256": "sha256", "sha-512": "sha512" } as const;
  const which = name in known ? known[name as keyof typeof known] : undefined;
  if (which === undefined) {
    if (members > MAX_MEMBERS) throw unreadable("Content-Digest has more than 16 members");
    return;
  }
  const isFirst = expected[which] === undefined;
  if (!isFirst || digest.length !== (which === "sha256" ? 32 : 64)) {
    throw unreadable("Content-Digest names a digest twice, or one of another length");
  }
  expected[which] = digest;
}

/** Holds a body against what was promised. */
export async function checkDigest(expected: Expected | undefined, body: Bytes): Promise<void> {
  const promised = [
    ["SHA-256", expected?.sha256],
    ["SHA-512", expected?.sha512],
  ] as const;
  for (const [algorithm, digest] of promised) {
    if (!digest) continue;
    const is = new Uint8Array(await globalThis.crypto.subtle.digest(algorithm, body));
    if (!is.every((byte, at) => byte === digest[at])) throw new Refusal("digest_mismatch");
  }
}

function unreadable(detail: string): Refusal {
  return new Refusal("request_malformed", detail);
}
