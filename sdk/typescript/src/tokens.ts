/** Access tokens and derived keys: got when they are needed, renewed before they end. */

import type { Core } from "./core.js";
import { fromBase64url, toBase64url, utf8 } from "./encoding.js";
import { BailiwickError } from "./errors.js";
import type { DerivedKey, Token } from "./generated.js";
import { open } from "./hpke.js";
import type { MessageSigner } from "./message.js";
import { derivedSigner } from "./signers.js";

/** A token and how it is sent. Whoever asks it for its text gets that; nothing prints it. */
export class AccessToken {
  /** `Bearer`: with a signature of the agent's key beside it. `DPoP`: with a proof. */
  readonly tokenType: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly expiresAt: number;
  readonly #text: string;

  /** @internal */
  constructor(told: Answered, askedAt: number) {
    this.#text = told.access_token;
    this.tokenType = told.token_type;
    this.scopes = told.scope.split(" ").filter(Boolean);
    this.expiresAt = askedAt + told.expires_in * 1000;
  }

  get accessToken(): string {
    return this.#text;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `AccessToken(${this.tokenType} ${this.scopes.join(" ")})`;
  }
}

type Answered = Pick<Token, "access_token" | "token_type" | "expires_in" | "scope">;

/** How far authority is narrowed. */
export interface Narrowing {
  /** Scopes; all that can be had when left out. */
  scopes?: readonly string[] | undefined;
  /** Names of APIs. */
  audience?: readonly string[] | undefined;
  /** Resource identifiers of APIs. */
  resource?: readonly string[] | undefined;
}

/** What a token is to be for. */
export interface Want extends Narrowing {
  /** A task that is open. */
  task?: string | undefined;
  /** On whose behalf: their token, and what it is. */
  subject?: { token: () => string | Promise<string>; type: string } | undefined;
  /** Bound by proofs although it could be by signatures. */
  dpop?: boolean | undefined;
}

const TOKEN_TYPE = "urn:ietf:params:oauth:token-type:";
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const INFO = utf8("bailiwick derived key 1");
const HOUR = 3600;

/** One thing that has to be renewed, and is asked for once however many wait for it. */
class Renewed<T> {
  #held: { value: T; until: number; signer: MessageSigner } | undefined;
  #coming: { promise: Promise<T>; signer: MessageSigner } | undefined;

  constructor(
    readonly core: Core,
    readonly make: () => Promise<{ value: T; expiresAt: number }>,
  ) {}

  get(): Promise<T> | T {
    const held = this.#held;
    // What was got with another key than the present one is bound to that.
    const { signer, link } = this.core;
    if (held?.signer === signer && link.clock.now() < held.until) return held.value;
    if (this.#coming?.signer !== signer) {
      const promise = this.#renew(signer).finally(() => {
        if (this.#coming?.signer === signer) this.#coming = undefined;
      });
      this.#coming = { promise, signer };
    }
    return this.#coming.promise;
  }

  forget(): void {
    this.#held = undefined;
  }

  /** Keeps one that came otherwise, to that key. */
  keep(value: T, expiresAt: number, signer = this.core.signer): void {
    const left = expiresAt - this.core.link.clock.now();
    // Renewed with a tenth of its time left, and a minute at most.
    const until = expiresAt - Math.min(60_000, left / 10);
    this.#held = { value, until, signer };
  }

  async #renew(signer: MessageSigner): Promise<T> {
    const { value, expiresAt } = await this.make();
    this.keep(value, expiresAt, signer);
    return value;
  }
}

/** The tokens for one purpose. */
export class Tokens {
  readonly #core: Core;
  readonly #want: Want;
  readonly #renewed: Renewed<AccessToken>;

  constructor(core: Core, want: Want) {
    this.#core = core;
    this.#want = want;
    this.#renewed = new Renewed(core, () => this.#issue());
  }

  get(): Promise<AccessToken> | AccessToken {
    return this.#renewed.get();
  }

  forget(): void {
    this.#renewed.forget();
  }

  /** Keeps a token that the authority gave with something else. */
  keep(token: AccessToken): void {
    this.#renewed.keep(token, token.expiresAt);
  }

  get usesProofs(): boolean {
    return this.#want.dpop === true || !this.#core.bindsByKey;
  }

  async #issue(): Promise<{ value: AccessToken; expiresAt: number }> {
    const core = this.#core;
    const dpop = this.usesProofs ? await core.dpopKey() : undefined;
    const askedAt = core.link.clock.now();
    const told = await core.link.ask<Token>({
      method: "POST",
      path: "/oauth/token",
      form: await formOf(this.#want),
      dpop,
      signer: core.signer,
      repeatable: true,
    });
    const value = new AccessToken(told, askedAt);
    return { value, expiresAt: value.expiresAt };
  }
}

async function formOf(want: Want): Promise<URLSearchParams> {
  const form = new URLSearchParams();
  if (!want.subject) {
    form.set("grant_type", "client_credentials");
    if (want.task) form.set("task", want.task);
  } else if (want.subject.type === "assertion") {
    form.set("grant_type", ASSERTION);
    form.set("assertion", await want.subject.token());
  } else {
    form.set("grant_type", EXCHANGE);
    form.set("subject_token", await want.subject.token());
    const { type } = want.subject;
    form.set("subject_token_type", type.includes(":") ? type : TOKEN_TYPE + type);
  }
  if (want.scopes?.length) form.set("scope", want.scopes.join(" "));
  for (const name of want.audience ?? []) form.append("audience", name);
  for (const name of want.resource ?? []) form.append("resource", name);
  return form;
}

/** The keys derived for one purpose. */
export class DerivedKeys {
  readonly #core: Core;
  readonly #task: string | undefined;
  readonly #renewed: Renewed<MessageSigner>;

  constructor(core: Core, task: string | undefined) {
    this.#core = core;
    this.#task = task;
    this.#renewed = new Renewed(core, () => this.#buy());
  }

  get(): Promise<MessageSigner> | MessageSigner {
    return this.#renewed.get();
  }

  forget(): void {
    this.#renewed.forget();
  }

  async #buy(): Promise<{ value: MessageSigner; expiresAt: number }> {
    const { link, signer } = this.#core;
    const subtle = globalThis.crypto.subtle;
    const pair = (await subtle.generateKey("X25519", false, ["deriveBits"])) as CryptoKeyPair;
    const own = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
    const askedAt = link.clock.now();
    const wanted = { public_key: toBase64url(own), ttl_seconds: HOUR };
    const told = await link.ask<DerivedKey>({
      method: "POST",
      path: "/oauth/derived-key",
      json: this.#task ? { ...wanted, task: this.#task } : wanted,
      signer,
      repeatable: true,
    });
    const value = await unsealed(pair, told);
    const ends = Date.parse(told.expires_at) - this.#core.time.seconds() * 1000;
    return { value, expiresAt: askedAt + Math.min(ends, HOUR * 1000) };
  }
}

async function unsealed(pair: CryptoKeyPair, told: DerivedKey): Promise<MessageSigner> {
  const [enc, ciphertext] = [fromBase64url(told.enc), fromBase64url(told.ciphertext)];
  if (!enc || !ciphertext) throw notOurs(undefined);
  const sealed = { enc, ciphertext, info: INFO, aad: utf8(told.key_id) };
  const secret = await open(pair, sealed).catch((cause: unknown) => {
    throw notOurs(cause);
  });
  return derivedSigner(secret, told.key_id);
}

function notOurs(cause: unknown): BailiwickError {
  return new BailiwickError(
    "answer_unreadable",
    "the derived key that the authority gave does not open",
    "check that nothing between here and the authority changes its answers",
    cause,
  );
}
