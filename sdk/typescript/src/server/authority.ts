/** The keys that an authority publishes. */

import { readAll } from "../body.js";
import { readObject } from "../json.js";
import { publicKey, type VerifyingKey } from "./keys.js";
import { Refusal } from "./refusal.js";

const MAX_BYTES = 262_144;
const MAX_KEYS = 256;
const TIMEOUT_MS = 5_000;
/** How long keys are good for without being asked for again. */
const TTL_SECONDS = 300;
/** An unknown `kid` makes it ask again, but not more often than this. */
const PAUSE_SECONDS = 5;

/** How they are asked for. */
export interface Asking {
  issuer: string;
  fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** Seconds since the epoch. */
  now: () => number;
}

/** The keys of one authority, by their thumbprints. */
export class AuthorityKeys {
  #keys = new Map<string, VerifyingKey>();
  #at = Number.NEGATIVE_INFINITY;
  #coming: Promise<void> | undefined;

  constructor(readonly asking: Asking) {}

  /** The key of that name; keys that cannot be had refuse the request. */
  async find(kid: string): Promise<VerifyingKey | undefined> {
    const age = this.asking.now() - this.#at;
    const isMissing = !this.#keys.has(kid);
    if (age >= TTL_SECONDS || (isMissing && age >= PAUSE_SECONDS)) {
      this.#coming ??= this.#ask().finally(() => {
        this.#coming = undefined;
      });
      await this.#coming;
    }
    return this.#keys.get(kid);
  }

  async #ask(): Promise<void> {
    const url = new URL("/.well-known/jwks.json", this.asking.issuer).href;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      // A redirect is not followed, and is no answer. (Workers do not know `error`.)
      const answer = await this.asking.fetch(url, { redirect: "manual", signal });
      if (!answer.ok || !answer.body) throw new Error(`${answer.status}`);
      const text = new TextDecoder().decode(await readAll(answer.body, MAX_BYTES));
      this.#keys = await keysOf(text);
      this.#at = this.asking.now();
    } catch {
      throw new Refusal("unavailable", "the authority's keys cannot be had");
    }
  }
}

async function keysOf(text: string): Promise<Map<string, VerifyingKey>> {
  const listed = readObject(text)?.["keys"];
  if (!Array.isArray(listed) || listed.length > MAX_KEYS) throw new Error("not a JWK set");
  const found = new Map<string, VerifyingKey>();
  for (const jwk of listed as Record<string, unknown>[]) {
    // A key of a kind that is not used here is another one's.
    const key = await publicKey(jwk).catch(() => undefined);
    if (key) found.set(key.thumbprint, key);
  }
  return found;
}
