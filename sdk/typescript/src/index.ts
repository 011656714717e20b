/** An identity for an agent in one call, and every request signed with it. */

export { bootstrap, discover, type BootstrapOptions } from "./bootstrap.js";
export {
  Acting,
  Client,
  Task,
  type CredentialForm,
  type Manner,
  type SubjectOptions,
  type TaskOptions,
} from "./client.js";
export type { Clock } from "./clock.js";
export type { OnApproval, OnRotation } from "./core.js";
export { createClient, type ClientOptions, type CommonOptions } from "./create.js";
export { BailiwickError, Denial, type Code, type PendingApproval } from "./errors.js";
export type { SignedFetch } from "./fetching.js";
export type * from "./generated.js";
export type { Identity } from "./identity.js";
export { generateKey, SigningKey, type Jwk } from "./key.js";
export type { Fetch } from "./link.js";
export type { Wallet } from "./signers.js";
export { environmentStore, fileStore, memoryStore, type Store } from "./store.js";
export { AccessToken, type Narrowing } from "./tokens.js";
