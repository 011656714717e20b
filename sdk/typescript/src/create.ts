/** From a key, a wallet or a store to a client. */

import { Client, type Manner } from "./client.js";
import { ServerTime, systemClock, type Clock } from "./clock.js";
import { Core, signerOf, type OnApproval, type OnRotation, type Settings } from "./core.js";
import { BailiwickError } from "./errors.js";
import type { Me } from "./generated.js";
import { identityOf, load, type Identity, type Kept } from "./identity.js";
import { SigningKey, type Jwk } from "./key.js";
import { Link, type Fetch } from "./link.js";
import { addressOf, type Wallet } from "./signers.js";
import type { Store } from "./store.js";

/** What holds for every client, however it came to be. */
export interface CommonOptions extends Manner {
  /** Asked when people have to decide. Without it `approval_pending` is thrown. */
  onApproval?: OnApproval;
  /** Registers a new key when the gateway says that the present one is over. */
  onRotation?: OnRotation;
  /** How often a request is sent again where the server does not say when; 4 when left out. */
  retries?: number;
  /** For how long one request waits altogether as servers ask it to; 30 when left out. */
  maxWaitSeconds?: number;
  /** How far off this machine's clock may be, and is made up for; 300 when left out. */
  maxSkewSeconds?: number;
  /** The largest body that is read to be signed; 64 MiB when left out. */
  maxBodyBytes?: number;
  /** Addresses besides the gateway's at which it answers. */
  origins?: readonly string[];
  /** What sends; the runtime's `fetch` when left out. */
  fetch?: Fetch;
  clock?: Clock;
}

/** What a client is made of. */
export interface ClientOptions extends CommonOptions {
  /** The authority's address. A store that `bootstrap` wrote knows it. */
  server?: string;
  /** The agent's key: one of `generateKey`, or a private JWK. */
  key?: SigningKey | Jwk | string;
  /** Its id, `key_…`; the key's thumbprint does as well. */
  keyId?: string;
  /** Instead of a key: an Ethereum account that signs. */
  wallet?: Wallet;
  /** Instead of both: where an identity is kept. */
  store?: Store;
}

const MAX_BODY = 64 * 1024 * 1024;

/** A client for an agent that is registered already. */
export async function createClient(options: ClientOptions): Promise<Client> {
  const kept = options.store && (await load(options.store));
  if (options.store && !kept && !options.key && !options.wallet) {
    throw new BailiwickError(
      "store_unusable",
      "the store holds no agent",
      "`bootstrap` enrolls one and keeps it there",
    );
  }
  const held = await heldOf(options, kept);
  const known = kept?.identity ?? {};
  const link = linkOf(options, options.server ?? known.server);
  if (isWhole(known)) return clientOf(options, link, known, held);
  const keyid = options.keyId ?? known.keyId ?? held.key?.thumbprint ?? "";
  const identity = identityOf(link.server, await whoAmI(link, held, keyid));
  return clientOf(options, link, identity, held);
}

/** The keys at hand. */
export interface Held {
  key: SigningKey | undefined;
  wallet: Wallet | undefined;
  store: Store | undefined;
}

/** The keys that the options and the store give; exactly one of them. */
export async function heldOf(options: ClientOptions, kept: Kept | undefined): Promise<Held> {
  const { key: given, wallet, store } = options;
  const own = given === undefined || given instanceof SigningKey ? given : undefined;
  const key = own ?? (given === undefined ? kept?.key : await SigningKey.fromJwk(given as Jwk));
  if (wallet && key) throw misused("a client has a key or a wallet, not both");
  if (!wallet && !key) throw misused("a client needs a key, a wallet or a store that has one");
  if (wallet) addressOf(wallet);
  return { key, wallet, store };
}

/** How the authority is reached. */
export function linkOf(options: CommonOptions, server: string | undefined): Link {
  if (!server) throw misused("a client needs `server`, the authority's address");
  const clock = options.clock ?? systemClock;
  const time = new ServerTime(clock, options.maxSkewSeconds ?? 300);
  const send = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const { retries = 4, maxWaitSeconds = 30 } = options;
  return new Link(originOf(server), time, clock, send, { retries, maxWaitSeconds });
}

/** The client, all of it known. */
export function clientOf(
  options: CommonOptions,
  link: Link,
  identity: Identity,
  held: Held,
): Client {
  const settings: Settings = {
    onApproval: options.onApproval,
    onRotation: options.onRotation,
    maxBodyBytes: options.maxBodyBytes ?? MAX_BODY,
    origins: new Set([identity.gateway, ...(options.origins ?? [])].map(originOf)),
  };
  const { credential, scopes, audience, resource } = options;
  const core = new Core(link, settings, identity, held);
  return new Client(core, { credential, scopes, audience, resource });
}

/** What the authority says of whoever holds this key. */
export function whoAmI(link: Link, held: Held, keyid: string): Promise<Me> {
  const signer = signerOf(held, keyid);
  return link.ask({ method: "GET", path: "/api/agents/me", signer, repeatable: true });
}

function isWhole(known: Partial<Identity>): known is Identity {
  return Boolean(known.server && known.agentId && known.keyId && known.gateway)
    && known.status === "active";
}

function originOf(address: string): string {
  try {
    const { origin, protocol } = new URL(address);
    if (protocol === "http:" || protocol === "https:") return origin;
  } catch {
    // Said below.
  }
  throw misused(`\`${address}\` is no address of a server, such as https://authority.example`);
}

/** Options that make no client. */
export function misused(what: string): BailiwickError {
  return new BailiwickError("configuration", what);
}
