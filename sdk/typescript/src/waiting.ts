/** How long to wait before the next try, and when to give up. */

/** How patient a client is. */
export interface Patience {
  /** How often it tries again where the server does not say when. */
  retries: number;
  /** For how long it waits altogether, of one request, where the server does. */
  maxWaitSeconds: number;
}

const FIRST_MS = 500;

/** The waits of one request. */
export class Waiting {
  #tries = 0;
  #waited = 0;

  constructor(readonly patience: Patience) {}

  /** Milliseconds; undefined where it is not worth it any more. */
  next(retryAfterSeconds: number | undefined): number | undefined {
    const { retries, maxWaitSeconds } = this.patience;
    if (retries === 0) return undefined;
    if (retryAfterSeconds !== undefined) {
      // Nobody is asked more often than every second, whatever they say.
      const wait = Math.max(1, retryAfterSeconds);
      this.#waited += wait;
      return this.#waited > maxWaitSeconds ? undefined : wait * 1000;
    }
    if (this.#tries >= retries) return undefined;
    return FIRST_MS * 2 ** Math.min(this.#tries++, 6) * (0.5 + Math.random() / 2);
  }
}
