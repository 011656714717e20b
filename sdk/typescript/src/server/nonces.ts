/** What may be used once. */

import { Refusal } from "./refusal.js";

/** Remembers what was used. Several processes that answer for one API share one. */
export interface NonceStore {
  /**
   * Whether it was not used before; from now on it was, until `expiresAt` (seconds since the
   * epoch). Throws where it cannot tell: the request is refused then.
   */
  use(nonce: string, expiresAt: number): Promise<boolean>;
}

/** In this process. Where it is full of nonces that are still good, requests are refused. */
export function memoryNonces(
  options: { max?: number; now?: () => number } = {},
): NonceStore {
  const { max = 200_000, now = () => Date.now() / 1000 } = options;
  const used = new Map<string, number>();
  return {
    async use(nonce, expiresAt) {
      const at = now();
      const until = used.get(nonce);
      if (until !== undefined && until >= at) return false;
      if (used.size >= max) sweep(used, at);
      if (used.size >= max) throw new Refusal("unavailable", "too many nonces are in use");
      used.delete(nonce);
      used.set(nonce, expiresAt);
      return true;
    },
  };
}

function sweep(used: Map<string, number>, at: number): void {
  for (const [nonce, until] of used) if (until < at) used.delete(nonce);
}

/**
 * In Redis or Valkey, shared by all processes. `send` sends one command: with node-redis
 * `(words) => client.sendCommand(words)`, with ioredis `([name, ...rest]) => client.call(name,
 * ...rest)`.
 */
export function redisNonces(
  send: (words: string[]) => Promise<unknown>,
  options: { prefix?: string } = {},
): NonceStore {
  const { prefix = "bailiwick:nonce:" } = options;
  return {
    async use(nonce, expiresAt) {
      const until = String(Math.ceil(expiresAt * 1000));
      const answer = await send(["SET", prefix + nonce, "1", "NX", "PXAT", until]);
      if (answer === "OK") return true;
      if (answer === null) return false;
      throw new Refusal("unavailable", "the nonce store said something else than OK");
    },
  };
}
