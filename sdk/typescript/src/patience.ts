/** What to do about a refusal: renew, wait for people, wait for a limit, or give up. */

import type { Core } from "./core.js";
import type { Credential } from "./credentials.js";
import { BailiwickError, type Denial } from "./errors.js";
import type { MessageSigner, Unsigned } from "./message.js";
import type { Outgoing } from "./outgoing.js";
import type { Waiting } from "./waiting.js";

/** Why a request is sent again. */
export interface Attempt {
  waiting: Waiting;
  /** The refusals that something was renewed for: each is answered so once. */
  renewed: Set<string>;
  /** The approval that it waits for. */
  approval: string | undefined;
  /** How often it was said to be approved, and was not let through. */
  approved: number;
}

/** All that is known when a request was refused. */
export interface Refused {
  core: Core;
  credential: Credential;
  outgoing: Outgoing;
  request: Unsigned;
  /** By which it was signed, or what it was signed by was got. */
  signer: MessageSigner;
  attempt: Attempt;
}

const IDEMPOTENT = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"];
const LOOK_AGAIN_SECONDS = 5;
const MAX_APPROVED = 3;

/** Whether sending it twice does no more than sending it once (RFC 9110, section 9.2.2). */
export function mayRepeat({ method, headers, body }: Outgoing): boolean {
  if (body.stream) return false;
  return IDEMPOTENT.includes(method) || headers.has("idempotency-key");
}

/**
 * Whether to send it again, after whatever has to be waited for. All refusals but those of the
 * upstream's are made before anything is forwarded, so that even a POST can be sent again.
 */
export async function waitFor(denial: Denial, refused: Refused): Promise<boolean> {
  const { outgoing, attempt } = refused;
  if (outgoing.body.stream) return false;
  switch (denial.code) {
    case "signature_expired":
    case "signature_not_yet_valid":
      return learnTime(denial, refused);
    case "approval_pending":
      return waitForPeople(denial, refused);
    case "upstream_failed":
    case "upstream_timeout":
      return mayRepeat(outgoing) && pause(denial, refused);
    // It says that the same bytes arrived twice: the first may have been let through.
    case "nonce_replayed":
      return mayRepeat(outgoing) && once(denial, attempt);
    case "rate_limited":
    case "unavailable":
      return pause(denial, refused);
    default:
      if (!once(denial, attempt)) return false;
      // It was on its way while the key was changed.
      if (denial.status === 401 && refused.core.signer !== refused.signer) return true;
      return refused.credential.renew(denial, refused.request);
  }
}

function once(denial: Denial, attempt: Attempt): boolean {
  const isFirst = !attempt.renewed.has(denial.code);
  attempt.renewed.add(denial.code);
  return isFirst;
}

/** The time is asked of the authority: `Date` of an answer may be the API's. */
async function learnTime(denial: Denial, { core, attempt }: Refused): Promise<boolean> {
  if (!once(denial, attempt)) return false;
  await core.confirm().catch((refused: unknown) => {
    if (refused instanceof BailiwickError && refused.code === "clock_off") throw refused;
    throw denial;
  });
  return true;
}

async function pause(denial: Denial, { core, outgoing, attempt }: Refused): Promise<boolean> {
  const wait = attempt.waiting.next(denial.retryAfterSeconds);
  if (wait === undefined) return false;
  await core.link.clock.sleep(wait, outgoing.signal);
  return true;
}

/** Tells whoever wants to know, then looks until people have decided. */
async function waitForPeople(denial: Denial, refused: Refused): Promise<boolean> {
  const { core, outgoing, attempt } = refused;
  const { approval } = denial;
  const { onApproval } = core.settings;
  if (!approval || !onApproval) return false;
  if (attempt.approval !== approval.id) {
    const told = { method: outgoing.method, url: outgoing.url.href };
    if ((await onApproval(approval, told)) === false) return false;
    attempt.approval = approval.id;
    return true;
  }
  if (approval.status === "approved") return ++attempt.approved <= MAX_APPROVED;
  // Where the answer was not held back, it says itself when to look again.
  const wasHeld = denial.response.headers.has("preference-applied");
  const wait = wasHeld ? 1 : Math.max(1, denial.retryAfterSeconds ?? LOOK_AGAIN_SECONDS);
  await core.link.clock.sleep(wait * 1000, outgoing.signal);
  return true;
}
