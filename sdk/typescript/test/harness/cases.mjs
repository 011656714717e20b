// The cases of `vectors/`, read from there.

import { readdir, readFile } from "node:fs/promises";

export const ROOT = new URL("../../../../vectors/", import.meta.url);

/** Cases of a topic that is run, and why these are not. */
export const EXCUSED = {
  "keys/signing-secp256k1.json": "an account's key stays in its wallet, and is never read here",
};

/** The cases of a topic. */
export async function casesOf(topic) {
  const cases = [];
  for (const name of await readdir(new URL(`${topic}/`, ROOT))) {
    if (`${topic}/${name}` in EXCUSED) continue;
    const text = await readFile(new URL(`${topic}/${name}`, ROOT), "utf8");
    const { expect, ...given } = JSON.parse(text);
    cases.push({ topic, name, expect, given });
  }
  return cases;
}
