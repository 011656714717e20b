/** What all that an agent does has in common. */

import type { ServerTime } from "./clock.js";
import { BailiwickError, Denial, type PendingApproval } from "./errors.js";
import { identityOf, load, save, type Identity } from "./identity.js";
import type { Me } from "./generated.js";
import { generateKey, type SigningKey } from "./key.js";
import type { Link } from "./link.js";
import type { MessageSigner } from "./message.js";
import { ownSigner, walletSigner, type DpopKey, type Wallet } from "./signers.js";
import type { Store } from "./store.js";

/** Asked when people have to decide; false gives up, anything else waits for them. */
export type OnApproval = (
  approval: PendingApproval,
  request: { method: string; url: string },
) => boolean | void | Promise<boolean | void>;

/**
 * Registers the public half of a new key with whoever may do that, and says the id it was given.
 * `why` is the refusal that asked for it; nothing where `rotateKey` was called.
 */
export type OnRotation = (
  publicJwk: Readonly<Record<string, unknown>>,
  why: Denial | undefined,
) => Promise<{ keyId: string }>;

/** What may be set, with what holds where it is not. */
export interface Settings {
  onApproval: OnApproval | undefined;
  onRotation: OnRotation | undefined;
  maxBodyBytes: number;
  /** Where tokens may be sent. */
  origins: ReadonlySet<string>;
}

/** One agent: who it is, and its keys. Nothing in here is shown. */
export class Core {
  #key: SigningKey | undefined;
  readonly #store: Store | undefined;
  #signer: MessageSigner;
  #identity: Identity;
  #dpop: Promise<DpopKey> | undefined;
  #rotation: Promise<void> | undefined;

  constructor(
    readonly link: Link,
    readonly settings: Settings,
    identity: Identity,
    held: { key: SigningKey | undefined; wallet: Wallet | undefined; store: Store | undefined },
  ) {
    this.#identity = identity;
    this.#key = held.key;
    this.#store = held.store;
    this.#signer = signerOf(held, identity.keyId);
  }

  get identity(): Identity {
    return this.#identity;
  }

  get signer(): MessageSigner {
    return this.#signer;
  }

  get time(): ServerTime {
    return this.link.time;
  }

  /** Whether tokens are bound by a signature of the agent's own key; else by a proof. */
  get bindsByKey(): boolean {
    return this.#key !== undefined && this.#key.publicJwk !== undefined;
  }

  /** The key that tokens are bound to by proofs: the agent's own, or one of this process. */
  dpopKey(): Promise<DpopKey> {
    this.#dpop ??= this.#dpopKey();
    return this.#dpop;
  }

  async #dpopKey(): Promise<DpopKey> {
    const own = this.bindsByKey ? this.#key : undefined;
    return (own ?? (await generateKey({ extractable: false }))) as DpopKey;
  }

  /**
   * What the authority says of this agent and its key; a `Denial` where it refuses them. An API
   * behind the gateway could write what a gateway does: nothing that lasts is done on its word.
   */
  confirm(): Promise<Me> {
    const { signer } = this;
    return this.link.ask({ method: "GET", path: "/api/agents/me", signer, repeatable: true });
  }

  /**
   * After a refusal: whether the agent's key is over, as the authority itself says, and there is
   * another one now, which another process has stored or `onRotation` had registered.
   */
  async renewKey(denial: Denial): Promise<boolean> {
    const { onRotation } = this.settings;
    if (!isOver(denial) || !(onRotation || this.#store)) return false;
    const said = await this.confirm().catch((refused: unknown) => refused);
    if (!(said instanceof Denial) || !isOver(said)) return false;
    if (await this.#reload()) return true;
    if (!onRotation) return false;
    await this.rotate(onRotation, said);
    return true;
  }

  async #reload(): Promise<boolean> {
    const kept = this.#store && (await load(this.#store));
    if (!this.#key || !kept?.key || kept.key.thumbprint === this.#key.thumbprint) return false;
    const { key, identity } = kept;
    this.#take(key, await this.#prove(key, identity.keyId ?? key.thumbprint));
    return true;
  }

  /**
   * Changes the agent's key: makes one, lets it be registered, or registers it itself, proves it
   * with a live call, keeps it, and signs with it from then on; then revokes the old one, if it was
   * registered with that. Two at a time are one.
   */
  rotate(register: OnRotation | undefined, why: Denial | undefined): Promise<void> {
    this.#rotation ??= this.#rotate(register, why).finally(() => {
      this.#rotation = undefined;
    });
    return this.#rotation;
  }

  async #rotate(register: OnRotation | undefined, why: Denial | undefined): Promise<void> {
    const key = await generateKey({ extractable: this.#store !== undefined });
    if (register) {
      const { keyId } = await register(key.publicJwk ?? {}, why);
      return this.#adopt(key, keyId);
    }
    const old = { signer: this.#signer, keyId: this.#identity.keyId };
    const keyId = await this.#register(key);
    try {
      await this.#adopt(key, keyId);
    } catch (failure) {
      // What failed first is told, whether or not the key can be taken back.
      await this.#revoke(keyId, old.signer).catch(() => undefined);
      throw failure;
    }
    await this.#revoke(old.keyId, this.#signer);
  }

  /** Registers a key with the present one, and says its id. */
  async #register(key: SigningKey): Promise<string> {
    if (!this.#key) {
      throw new BailiwickError(
        "configuration",
        "a wallet's account is its key, and is not changed",
        "enroll a new agent with a key, or with another account",
      );
    }
    const { key_id: keyId } = await this.link.ask<{ key_id: string }>({
      method: "POST",
      path: "/api/agents/keys",
      json: { jwk: key.publicJwk },
      dpop: key as DpopKey,
      signer: this.#signer,
      repeatable: false,
    });
    return keyId;
  }

  async #adopt(key: SigningKey, keyId: string): Promise<void> {
    const identity = await this.#prove(key, keyId);
    if (this.#store) await save(this.#store, identity, key);
    this.#take(key, identity);
  }

  /** Who the agent is by this key, which a live call proves. */
  async #prove(key: SigningKey, keyId: string): Promise<Identity> {
    const me = await this.link.ask<Me>({
      method: "GET",
      path: "/api/agents/me",
      signer: ownSigner(key, keyId),
      repeatable: true,
    });
    return identityOf(this.link.server, me);
  }

  #take(key: SigningKey, identity: Identity): void {
    this.#key = key;
    this.#signer = ownSigner(key, identity.keyId);
    this.#identity = identity;
    this.#dpop = undefined;
  }

  async #revoke(keyId: string, signer: MessageSigner): Promise<void> {
    const path = `/api/agents/keys/${encodeURIComponent(keyId)}`;
    await this.link.ask({ method: "DELETE", path, signer, repeatable: true });
  }
}

function isOver({ code }: Denial): boolean {
  return code === "credential_expired" || code === "credential_revoked";
}

/** What signs for an agent. */
export function signerOf(
  held: { key?: SigningKey | undefined; wallet?: Wallet | undefined },
  keyId: string,
): MessageSigner {
  if (held.key) return ownSigner(held.key, keyId);
  return walletSigner(held.wallet as Wallet);
}
