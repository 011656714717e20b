/** The time as the server has it. */

import { BailiwickError } from "./errors.js";

/** Where time comes from; a test brings its own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Comes back after so many milliseconds, or rejects with the signal's reason. */
  sleep(milliseconds: number, signal?: AbortSignal | null): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, milliseconds);
      signal?.addEventListener("abort", abort, { once: true });
    });
  },
};

/** The server's clock, learned from the `Date` of its answers. */
export class ServerTime {
  #ahead = 0;

  constructor(
    readonly clock: Clock,
    readonly maxSkewSeconds: number,
  ) {}

  /** The server's time in whole seconds. */
  seconds(): number {
    return Math.floor((this.clock.now() + this.#ahead) / 1000);
  }

  /** Takes note of an answer to a request that was sent at `sentAt`. */
  learn(headers: Headers, sentAt: number): void {
    const ahead = this.#difference(headers, sentAt);
    // `Date` has whole seconds: a smaller difference is none.
    if (ahead === undefined || Math.abs(ahead) > this.maxSkewSeconds * 1000) return;
    this.#ahead = Math.abs(ahead) < 1500 ? 0 : ahead;
  }

  /** Throws where this machine's clock is further off than is made up for. */
  check(headers: Headers, sentAt: number): void {
    const ahead = this.#difference(headers, sentAt);
    if (ahead === undefined || Math.abs(ahead) <= this.maxSkewSeconds * 1000) return;
    const seconds = Math.round(Math.abs(ahead) / 1000);
    const side = ahead > 0 ? "behind" : "ahead of";
    throw new BailiwickError(
      "clock_off",
      `this machine's clock is ${seconds} s ${side} the server's`,
      "set the clock (NTP), or raise `maxSkewSeconds` if the server's is known to be wrong",
    );
  }

  #difference(headers: Headers, sentAt: number): number | undefined {
    const told = Date.parse(headers.get("date") ?? "");
    if (Number.isNaN(told)) return undefined;
    // It was written in the middle of the way there and back, and says the second that had begun.
    return told + 500 - (sentAt + this.clock.now()) / 2;
  }
}
