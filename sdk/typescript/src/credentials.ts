/** The ways in which a request says whose it is, and what a refusal of each asks for. */

import type { Core } from "./core.js";
import { toBase64url, utf8 } from "./encoding.js";
import { BailiwickError, type Denial } from "./errors.js";
import { nonce, signMessage, type Unsigned } from "./message.js";
import { sha256 } from "./primitives.js";
import { dpopProof } from "./signers.js";
import type { DerivedKeys, Tokens } from "./tokens.js";

/** One way. */
export interface Credential {
  /** Adds the fields; they are made for this one sending. */
  prove(request: Unsigned): Promise<void>;
  /** Takes note of an answer. */
  heard?(headers: Headers): void;
  /** Whether something was renewed because of this refusal, so that it is worth another try. */
  renew(denial: Denial, request: Unsigned): Promise<boolean>;
}

/** A signature by the agent's own key, or its wallet. */
export class OwnKey implements Credential {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  prove(request: Unsigned): Promise<void> {
    return signMessage(request, this.#core.signer, this.#core.time.seconds());
  }

  renew(denial: Denial): Promise<boolean> {
    return this.#core.renewKey(denial);
  }
}

/** An HMAC with a key derived for an hour. */
export class Derived implements Credential {
  readonly #core: Core;
  readonly #keys: DerivedKeys;
  readonly #own: OwnKey;
  /** APIs that ask for more than a MAC: the agent's own key signs there. */
  readonly #strict = new Set<string>();

  constructor(core: Core, keys: DerivedKeys) {
    this.#core = core;
    this.#keys = keys;
    this.#own = new OwnKey(core);
  }

  async prove(request: Unsigned): Promise<void> {
    if (this.#strict.has(apiOf(request.url))) return this.#own.prove(request);
    const held = this.#keys.get();
    const signer = held instanceof Promise ? await held : held;
    return signMessage(request, signer, this.#core.time.seconds());
  }

  async renew(denial: Denial, request: Unsigned): Promise<boolean> {
    switch (denial.code) {
      case "credential_expired":
      case "credential_unknown":
        this.#keys.forget();
        return true;
      case "credential_revoked":
        this.#keys.forget();
        return this.#core.renewKey(denial);
      case "proof_too_weak":
        if (this.#strict.size >= 256 || this.#strict.has(apiOf(request.url))) return false;
        this.#strict.add(apiOf(request.url));
        return true;
      default:
        return false;
    }
  }
}

/** A token, with a signature of the agent's key or a proof beside it. */
export class WithToken implements Credential {
  readonly #core: Core;
  readonly #tokens: Tokens;
  #nonce: string | undefined;

  constructor(core: Core, tokens: Tokens) {
    this.#core = core;
    this.#tokens = tokens;
  }

  async prove(request: Unsigned): Promise<void> {
    checkOrigin(this.#core, request.url);
    const token = await this.#tokens.get();
    request.headers.set("authorization", `${token.tokenType} ${token.accessToken}`);
    if (token.tokenType.toLowerCase() !== "dpop") {
      return signMessage(request, this.#core.signer, this.#core.time.seconds());
    }
    const claims = {
      htm: request.method,
      htu: request.url.origin + request.url.pathname,
      iat: this.#core.time.seconds(),
      jti: nonce(),
      ath: toBase64url(await sha256(utf8(token.accessToken))),
      ...(this.#nonce === undefined ? {} : { nonce: this.#nonce }),
    };
    request.headers.set("dpop", await dpopProof(await this.#core.dpopKey(), claims));
  }

  heard(headers: Headers): void {
    this.#nonce = headers.get("dpop-nonce") ?? this.#nonce;
  }

  async renew(denial: Denial): Promise<boolean> {
    switch (denial.code) {
      case "nonce_missing":
        return this.#nonce !== undefined;
      case "token_expired":
      case "token_revoked":
        this.#tokens.forget();
        return true;
      default:
        return false;
    }
  }
}

/** A token is sent where it is good, and nowhere else. */
function checkOrigin({ settings }: Core, url: URL): void {
  if (settings.origins.has(url.origin)) return;
  throw new BailiwickError(
    "token_elsewhere",
    `a token would go to ${url.origin}, which is not this agent's gateway`,
    "name that address in `origins` if the gateway answers there as well",
  );
}

/** What stands for an API in a URL: the first part of its path. */
function apiOf(url: URL): string {
  return `${url.origin}/${url.pathname.split("/")[1] ?? ""}`;
}
