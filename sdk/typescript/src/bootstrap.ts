/** From nothing to an agent that may act. */

import type { Client } from "./client.js";
import {
  clientOf,
  linkOf,
  misused,
  whoAmI,
  type CommonOptions,
  type Held,
} from "./create.js";
import { signerOf } from "./core.js";
import { BailiwickError, Denial } from "./errors.js";
import type { Discovery, Me, Registered } from "./generated.js";
import { identityOf, load, save, type Identity } from "./identity.js";
import { generateKey, SigningKey } from "./key.js";
import type { Link } from "./link.js";
import { addressOf, type Wallet } from "./signers.js";
import type { Store } from "./store.js";

/** Who wants to come in, and how. */
export interface BootstrapOptions extends CommonOptions {
  /** The authority's address. */
  server: string;
  /** `bwi_…`, from an operator; or else `projectId`. */
  inviteCode?: string;
  /** The project to ask, by id or name. */
  projectId?: string;
  /** The name it wants: a-z, 0-9 and `-`. */
  name: string;
  /** The person or team who answers for it. */
  owner: string;
  /** What it is for. */
  purpose: string;
  kind?: "copilot" | "autonomous";
  /** A key of one's own making; one is made when left out. */
  key?: SigningKey;
  /** Instead of a key. */
  wallet?: Wallet;
  /** Where the identity is kept; the second start finds it there and does not enroll again. */
  store?: Store;
  /** How long to wait for an operator; 600 when left out. */
  waitSeconds?: number;
  /** Told once when an operator has to approve. */
  onPending?: (identity: Identity) => void;
  signal?: AbortSignal;
}

const FIRST_LOOK_MS = 2_000;
const LAST_LOOK_MS = 30_000;
/** What a key that nobody registered is answered with. */
const UNKNOWN = "credential_unknown";

/**
 * Makes a key, enrolls with it, waits where somebody has to approve, and returns a client that is
 * ready. With a store it does so once; after that it takes what is there.
 */
export async function bootstrap(options: BootstrapOptions): Promise<Client> {
  const link = linkOf(options, options.server);
  const { held, known } = await prepared(options, link.server);
  const there = known ?? (await registered(options, link, held));
  const identity = await untilActive(options, link, held, there);
  if (options.store && identity !== known) await save(options.store, identity, held.key);
  return clientOf(options, link, identity, held);
}

/** Where agents can come in, and what they could get there. */
export function discover(server: string, options: CommonOptions = {}): Promise<Discovery> {
  const link = linkOf(options, server);
  return link.ask({ method: "GET", path: "/api/agents/discover", repeatable: true });
}

/** The key, kept before it is used for the first time, and who holds it already. */
async function prepared(
  options: BootstrapOptions,
  server: string,
): Promise<{ held: Held; known: Identity | undefined }> {
  const { wallet, store } = options;
  if (wallet && options.key) throw misused("an agent has a key or a wallet, not both");
  if (wallet) addressOf(wallet);
  const kept = store && (await load(store));
  if (kept?.identity.server && kept.identity.server !== server) {
    throw new BailiwickError(
      "store_unusable",
      `the store holds an agent of ${kept.identity.server}, not of ${server}`,
      "give each agent a store of its own",
    );
  }
  const key = wallet ? undefined : (options.key ?? kept?.key ?? (await generateKey()));
  if (store && !kept) await save(store, { server }, key);
  const isKnown = kept?.identity.agentId !== undefined;
  return { held: { key, wallet, store }, known: isKnown ? (kept.identity as Identity) : undefined };
}

/** Registers; or finds that the key was registered before, and nobody heard the answer. */
async function registered(
  options: BootstrapOptions,
  link: Link,
  held: Held,
): Promise<Identity> {
  const { inviteCode, projectId, name, owner, purpose, kind, wallet } = options;
  if ((inviteCode === undefined) === (projectId === undefined)) {
    throw misused("enrolling takes either `inviteCode` or `projectId`");
  }
  const keyid = held.key?.thumbprint ?? "";
  const brought = wallet ? { walletAddress: addressOf(wallet) } : { jwk: held.key?.publicJwk };
  const isInvited = inviteCode !== undefined;
  try {
    const told = await link.ask<Registered>({
      method: "POST",
      path: isInvited ? "/api/agents/register" : "/api/agents/request-access",
      json: { inviteCode, projectId, name, owner, purpose, kind, ...brought },
      signer: signerOf(held, keyid),
      signal: options.signal,
      repeatable: false,
    });
    return identityOf(link.server, told);
  } catch (refused) {
    const isTaken = refused instanceof Denial && refused.code === "identity_taken";
    const mine = isTaken && (await ifKnown(link, held, keyid));
    if (mine && mine.name === name) return identityOf(link.server, mine);
    throw refused;
  }
}

async function ifKnown(link: Link, held: Held, keyid: string): Promise<Me | undefined> {
  try {
    return await whoAmI(link, held, keyid);
  } catch (refused) {
    if (refused instanceof Denial && refused.code === UNKNOWN) return undefined;
    throw refused;
  }
}

/** Waits until an operator has decided. */
async function untilActive(
  options: BootstrapOptions,
  link: Link,
  held: Held,
  from: Identity,
): Promise<Identity> {
  if (from.status !== "pending") return checked(from, undefined);
  if (options.store) await save(options.store, from, held.key);
  options.onPending?.(from);
  const until = link.clock.now() + (options.waitSeconds ?? 600) * 1000;
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.5, LAST_LOOK_MS)) {
    const me = await whoAmI(link, held, from.keyId);
    if (me.status !== "pending") return checked(identityOf(link.server, me), me);
    if (link.clock.now() + pause > until) throw stillPending(from.name);
    await link.clock.sleep(pause, options.signal);
  }
}

function checked(identity: Identity, me: Me | undefined): Identity {
  if (identity.status === "active") return identity;
  const because = me?.agent.refused_because;
  throw new BailiwickError(
    `agent_${identity.status}`,
    `the agent ${identity.name} is ${identity.status}${because ? `: ${because}` : ""}`,
    identity.status === "retired"
      ? "ask the operator why; a new request takes a new key"
      : "ask the agent's owner; an operator can resume it",
  );
}

function stillPending(name: string): BailiwickError {
  return new BailiwickError(
    "agent_pending",
    `no operator has approved ${name} yet`,
    `\`bailiwick agent approve ${name}\` does; with a store, starting again goes on waiting`,
  );
}
