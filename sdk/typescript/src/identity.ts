/** Who an agent is, and how that is written down. */

import { BailiwickError } from "./errors.js";
import type { Registered } from "./generated.js";
import { readObject } from "./json.js";
import { SigningKey } from "./key.js";
import type { Store } from "./store.js";

/** How an agent is known. */
export interface Identity {
  /** The authority's address. */
  readonly server: string;
  /** `agt_…`; the OAuth `client_id`. */
  readonly agentId: string;
  readonly name: string;
  readonly subject: string;
  /** `key_…`; what signatures name. */
  readonly keyId: string;
  /** Where the APIs are. */
  readonly gateway: string;
  readonly issuer: string;
  /** `pending`, `active`, `suspended` or `retired`, as it was when it was asked last. */
  readonly status: string;
}

/** What a store holds: perhaps only a key, perhaps a wallet's agent without one. */
export interface Kept {
  identity: Partial<Identity>;
  key: SigningKey | undefined;
}

/** What the authority says, as an identity. */
export function identityOf(server: string, told: Registered): Identity {
  const { agent_id: agentId, key_id: keyId, name, subject, gateway, issuer, status } = told;
  return { server, agentId, keyId, name, subject, gateway, issuer, status };
}

/** Reads what a store holds; undefined where it holds nothing. */
export async function load(store: Store): Promise<Kept | undefined> {
  const text = await store.load();
  if (text === null) return undefined;
  const read = readObject(text.trim());
  if (!read) {
    throw new BailiwickError(
      "key_unusable",
      "the store holds no key: it is not one JSON object",
      "`bootstrap` writes an identity, and `bailiwick key new FILE` a key",
    );
  }
  // A bare JWK, as the command line writes it.
  if ("kty" in read) return { identity: {}, key: await SigningKey.fromJwk(text) };
  const { jwk, ...rest } = read;
  const identity: Record<string, string> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (typeof value === "string") identity[name] = value;
  }
  const has = typeof jwk === "object" && jwk !== null;
  const key = has ? await SigningKey.fromJwk(jwk as Record<string, unknown>) : undefined;
  return { identity: identity as Partial<Identity>, key };
}

/** Keeps an identity with its key. */
export async function save(
  store: Store,
  identity: Partial<Identity>,
  key: SigningKey | undefined,
): Promise<void> {
  const jwk = key ? (JSON.parse(await key.exportPrivateJwk()) as object) : undefined;
  await store.save(`${JSON.stringify({ ...identity, jwk }, null, 2)}\n`);
}
