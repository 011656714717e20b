/** An agent that is ready to act. */

import type { Core, OnRotation } from "./core.js";
import { Derived, OwnKey, WithToken, type Credential } from "./credentials.js";
import { BailiwickError } from "./errors.js";
import { signedFetch, type SignedFetch } from "./fetching.js";
import type { BudgetsObject, Me, TaskOpened } from "./generated.js";
import type { Identity } from "./identity.js";
import {
  AccessToken,
  DerivedKeys,
  Tokens,
  type Narrowing,
  type Want,
} from "./tokens.js";

/**
 * How requests say whose they are. `signature`: by the agent's own key. `derived`: by a key that is
 * bought with one such signature an hour, at a twentieth of the cost. `token`: a token bound to the
 * agent's key. `dpop`: a token with a proof (RFC 9449).
 */
export type CredentialForm = "signature" | "derived" | "token" | "dpop";

/** How to act: in which form, and with how much of what the agent may; that takes a token. */
export interface Manner extends Narrowing {
  credential?: CredentialForm | undefined;
}

/** A task to open. */
export interface TaskOptions extends Pick<Narrowing, "scopes" | "resource"> {
  /** What it is for. */
  purpose: string;
  /** How long it lasts at most; 900 when left out. */
  ttlSeconds?: number;
  /** How much may be done in it. */
  budgets?: BudgetsObject;
  /** A token of the agent's own, to open the task below what that may do. */
  subjectToken?: string;
  /** `token`, or `derived`. */
  credential?: "token" | "derived" | "dpop";
}

/** On whose behalf. */
export interface SubjectOptions extends Narrowing {
  /** What is exchanged: `access_token`, `id_token`, `jwt`, a URI, or `assertion` (RFC 7523). */
  type?: string;
  credential?: "token" | "dpop";
}

/** Only tokens are narrower than the agent. */
function formOf({ credential, scopes, audience, resource }: Manner): CredentialForm {
  const isNarrow = scopes !== undefined || audience !== undefined || resource !== undefined;
  const form = credential ?? (isNarrow ? "token" : "signature");
  if (!isNarrow || form === "token" || form === "dpop") return form;
  throw new BailiwickError(
    "configuration",
    `\`${form}\` is worth all that the agent may, and cannot be narrowed`,
    "leave `credential` out, or say `token` or `dpop`",
  );
}

/** Something that can act: the agent itself, in a task, or for somebody. */
export class Acting {
  readonly #core: Core;
  readonly #tokens: Tokens;
  readonly #credential: Credential;

  /** @internal */
  constructor(core: Core, form: CredentialForm, want: Want) {
    this.#core = core;
    this.#tokens = new Tokens(core, { ...want, dpop: form === "dpop" });
    this.#credential = this.#choose(form, want.task);
  }

  /** `fetch`, signed each time. It needs no `this`, and goes wherever a `fetch` is taken. */
  readonly signedFetch: SignedFetch = (input, init) =>
    signedFetch(this.#core, this.#credential, input, init);

  /** An access token that is good now; for clients that send it themselves. */
  async token(): Promise<AccessToken> {
    return this.#tokens.get();
  }

  /** @internal */
  protected get tokens(): Tokens {
    return this.#tokens;
  }

  /** @internal */
  protected get core(): Core {
    return this.#core;
  }

  #choose(form: CredentialForm, task: string | undefined): Credential {
    switch (form) {
      case "signature":
        return new OwnKey(this.#core);
      case "derived":
        return new Derived(this.#core, new DerivedKeys(this.#core, task));
      case "token":
      case "dpop":
        return new WithToken(this.#core, this.#tokens);
    }
  }
}

/** A task that is open. Closed, nothing that was got for it is good any more. */
export class Task extends Acting {
  /** `tsk_…` */
  readonly id: string;
  readonly purpose: string;

  /** @internal */
  constructor(core: Core, form: CredentialForm, opened: TaskOpened, askedAt: number) {
    super(core, form, { task: opened.task_id });
    this.id = opened.task_id;
    this.purpose = opened.purpose;
    const { access_token, token_type, expires_in, scope } = opened;
    if (access_token && token_type && expires_in && form !== "derived") {
      const token = { access_token, token_type, expires_in, scope: scope ?? "" };
      this.tokens.keep(new AccessToken(token, askedAt));
    }
  }

  /** Closes it; again changes nothing. */
  async close(): Promise<void> {
    const { link, signer } = this.core;
    const path = `/api/agents/tasks/${encodeURIComponent(this.id)}`;
    await link.ask({ method: "DELETE", path, signer, repeatable: true });
  }

  toJSON(): object {
    return { id: this.id, purpose: this.purpose };
  }
}

/** An agent and its key. Neither is shown by anything that prints or serializes a client. */
export class Client extends Acting {
  readonly #manner: Manner;

  /** @internal */
  constructor(core: Core, manner: Manner) {
    super(core, formOf(manner), manner);
    this.#manner = manner;
  }

  /** Who this agent is. */
  get identity(): Identity {
    return this.core.identity;
  }

  /** Where the APIs are; `new URL("acme/tickets", client.gateway)`. */
  get gateway(): string {
    return this.core.identity.gateway;
  }

  /** The same agent in another manner: another form, fewer scopes. */
  using(manner: Manner): Acting {
    const whole = { ...this.#manner, ...manner };
    return new Acting(this.core, formOf(whole), whole);
  }

  /** Acts on behalf of whoever that token is of; what it may do only narrows (RFC 8693). */
  onBehalfOf(
    token: string | (() => string | Promise<string>),
    options: SubjectOptions = {},
  ): Acting {
    const { type = "access_token", credential = "token", ...narrowing } = options;
    const subject = { token: typeof token === "string" ? () => token : token, type };
    return new Acting(this.core, credential, { ...narrowing, subject });
  }

  /** Opens a task, does it, and closes it however it ends. */
  async task<T>(options: TaskOptions, work: (task: Task) => Promise<T>): Promise<T> {
    const task = await this.openTask(options);
    let done: T;
    try {
      done = await work(task);
    } catch (failure) {
      await task.close().catch((unclosed: unknown) => {
        throw new AggregateError([failure, unclosed], "a task failed, and was not closed");
      });
      throw failure;
    }
    await task.close();
    return done;
  }

  /** Opens a task that whoever opened it closes. */
  async openTask(options: TaskOptions): Promise<Task> {
    const { purpose, scopes, resource, ttlSeconds, budgets, subjectToken } = options;
    const usual = this.#manner.credential === "derived" ? "derived" : "token";
    const form = options.credential ?? usual;
    const core = this.core;
    const usesProofs = form === "dpop" || (form === "token" && !core.bindsByKey);
    const askedAt = core.link.clock.now();
    const opened = await core.link.ask<TaskOpened>({
      method: "POST",
      path: "/api/agents/tasks",
      json: {
        purpose,
        scopes,
        resources: resource,
        ttl_seconds: ttlSeconds,
        budgets,
        subject_token: subjectToken,
      },
      dpop: usesProofs ? await core.dpopKey() : undefined,
      signer: core.signer,
      repeatable: false,
    });
    return new Task(core, form, opened, askedAt);
  }

  /** What the authority knows of this agent. */
  me(): Promise<Me> {
    return this.core.confirm();
  }

  /** Takes back a token of this agent's, and all that was exchanged from it (RFC 7009). */
  async revokeToken(token: string): Promise<void> {
    const { link, signer } = this.core;
    const form = new URLSearchParams({ token });
    await link.ask({ method: "POST", path: "/oauth/revoke", form, signer, repeatable: true });
  }

  /**
   * Changes the agent's key without a pause. The new one is registered with the present one,
   * proven with a live call and kept before anything is signed with it; then the old one is
   * revoked. Where only an operator may register keys, `register` gives the public half to one, and
   * the old key is good until it is revoked.
   */
  rotateKey(register?: OnRotation): Promise<void> {
    return this.core.rotate(register ?? this.core.settings.onRotation, undefined);
  }

  toJSON(): object {
    return { ...this.core.identity };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { name, agentId, gateway } = this.core.identity;
    return `Client(${name} ${agentId} at ${gateway})`;
  }
}
