// RFC 9180, appendix A.1.1, and the proofs that need no server.

import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url, utf8 } from "../dist/encoding.js";
import { open } from "../dist/hpke.js";
import { readObject } from "../dist/json.js";

const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
const SECRET = "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8";
const PUBLIC = "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d";
const ENC = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431";
const CIPHERTEXT =
  "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9" +
  "6d8770ac83d07bea87e13c512a";

async function pair() {
  const x = toBase64url(bytes(PUBLIC));
  const jwk = { kty: "OKP", crv: "X25519", x, d: toBase64url(bytes(SECRET)) };
  const { subtle } = globalThis.crypto;
  const privateKey = await subtle.importKey("jwk", jwk, "X25519", false, ["deriveBits"]);
  const publicKey = await subtle.importKey("raw", bytes(PUBLIC), "X25519", true, []);
  return { privateKey, publicKey };
}

test("what was sealed opens, and what was changed does not", async () => {
  const sealed = {
    enc: bytes(ENC),
    ciphertext: bytes(CIPHERTEXT),
    info: utf8("Ode on a Grecian Urn"),
    aad: utf8("Count-0"),
  };
  const opened = await open(await pair(), sealed);
  assert.equal(new TextDecoder().decode(opened), "Beauty is truth, truth beauty");
  const changed = bytes(CIPHERTEXT);
  changed[0] ^= 1;
  for (const bent of [{ ciphertext: changed }, { aad: utf8("Count-1") }, { info: utf8("") }]) {
    await assert.rejects(open(await pair(), { ...sealed, ...bent }));
  }
});

test("an object is read only when no member is named twice", () => {
  for (const [text, isFine] of [
    ['{"a":1,"b":{"a":[true,null,-1,1.5e3,"x\\"y"]}}', true],
    [" { } ", true],
    ['{"a":1,"a":1}', false],
    ['{"a":{"b":1,"b":2}}', false],
    ['{"a":[{"b":1,"b":2}]}', false],
    ['{"a":1,"\\u0061":2}', false],
    ["[]", false],
    ["{} {}", false],
    ['{"a":1', false],
    [`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, false],
  ]) {
    assert.equal(readObject(text) !== undefined, isFine, text.slice(0, 40));
  }
});
