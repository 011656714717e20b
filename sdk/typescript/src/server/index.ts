/** For an API: who sent a request, by the gateway's word or the agent's own signature. */

export {
  createVerifier,
  expressMiddleware,
  fastifyPlugin,
  honoMiddleware,
  type ExpressRequest,
} from "./adapters.js";
export { memoryNonces, redisNonces, type NonceStore } from "./nonces.js";
export type { NodeRequest, Received } from "./received.js";
export { Refusal } from "./refusal.js";
export {
  Verifier,
  type KnownKey,
  type RequestContext,
  type VerifierOptions,
} from "./verifier.js";
