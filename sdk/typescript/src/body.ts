/** The body of a request, read so that it can be signed and sent more than once. */

import { concat, type Bytes } from "./encoding.js";
import { BailiwickError } from "./errors.js";
import { contentDigest } from "./primitives.js";

/** What is sent. */
export interface Body {
  /** The bytes; a stream that is passed on has none. */
  bytes: Bytes | undefined;
  stream: ReadableStream<Uint8Array> | undefined;
  /** What the runtime says of its kind. */
  type: string | undefined;
}

/** What was given as a body, and what its kind is where nobody says so. */
type Given = NonNullable<RequestInit["body"]>;

/**
 * Reads a body to its end, since its digest is signed and goes before it. A stream whose
 * `Content-Digest` the caller gives is passed on as it is; it can be sent only once.
 */
export async function readBody(
  given: Given | ReadableStream<Uint8Array> | null | undefined,
  headers: Headers,
  limit: number,
): Promise<Body> {
  if (given === null || given === undefined) return none();
  if (given instanceof ReadableStream && headers.has("content-digest")) {
    return { bytes: undefined, stream: given as ReadableStream<Uint8Array>, type: undefined };
  }
  if (typeof given === "string") {
    return bounded(new TextEncoder().encode(given), "text/plain;charset=UTF-8", limit);
  }
  const read = new Response(given as BodyInit);
  const type = read.headers.get("content-type") ?? undefined;
  const bytes = read.body ? await readAll(read.body, limit) : new Uint8Array(0);
  return bounded(bytes, type, limit);
}

/** No body. */
export function none(): Body {
  return { bytes: undefined, stream: undefined, type: undefined };
}

/** Writes the fields that a body needs. */
export async function describe(body: Body, headers: Headers): Promise<void> {
  if (body.type && !headers.has("content-type")) headers.set("content-type", body.type);
  if (body.bytes && body.bytes.length > 0) {
    headers.set("content-digest", await contentDigest(body.bytes));
  }
}

function bounded(bytes: Bytes, type: string | undefined, limit: number): Body {
  if (bytes.length > limit) throw tooLarge(limit);
  return { bytes, stream: undefined, type };
}

/** All of a stream, up to a limit. */
export async function readAll(
  stream: ReadableStream<Uint8Array>,
  limit: number,
): Promise<Bytes> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(...parts);
    length += value.length;
    if (length > limit) {
      // Not waited for: one branch of a stream that was divided ends when the other one does.
      reader.cancel().catch(() => undefined);
      throw tooLarge(limit);
    }
    parts.push(value);
  }
}

function tooLarge(limit: number): BailiwickError {
  return new BailiwickError(
    "body_too_large",
    `the body has more than ${limit} bytes, and is read whole to be signed`,
    "raise `maxBodyBytes`, or give a stream together with its `Content-Digest`",
  );
}
