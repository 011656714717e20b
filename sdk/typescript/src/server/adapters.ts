/** The verifier in the shape that each framework takes. What it refuses goes no further. */

import { readAll } from "../body.js";
import { concat, fromUtf8, type Bytes } from "../encoding.js";
import { BailiwickError } from "../errors.js";
import { builtin } from "../primitives.js";
import { fromFetch, fromNode, type NodeRequest } from "./received.js";
import { Refusal } from "./refusal.js";
import { Verifier, type RequestContext, type VerifierOptions } from "./verifier.js";

const EMPTY = new Uint8Array(0);

/** A function that says who sent a request of `fetch`, or throws a `Refusal`. */
export function createVerifier(
  options: VerifierOptions,
): (request: Request) => Promise<RequestContext> {
  const verifier = new Verifier(options);
  return async (request) => {
    const received = fromFetch(request);
    const needsBody = verifier.needsBody(received) && request.body !== null;
    const copy = needsBody ? request.clone().body : null;
    return verifier.verify(received, copy ? await whole(copy, verifier) : EMPTY);
  };
}

/** What an Express request has besides, once it is verified. */
export interface ExpressRequest extends NodeRequest, AsyncIterable<Uint8Array> {
  bailiwick?: RequestContext;
  body?: unknown;
  rawBody?: Uint8Array;
  complete?: boolean;
  readableEnded?: boolean;
  headers: Record<string, string | string[] | undefined>;
}

interface ExpressResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

/**
 * For Express: `request.bailiwick` says who it is. Before `express.json()`; a signature's body is
 * read here, and is then in `request.body` (JSON) and `request.rawBody`.
 */
export function expressMiddleware(
  options: VerifierOptions,
): (request: ExpressRequest, response: ExpressResponse, next: (error?: unknown) => void) => void {
  const verifier = new Verifier(options);
  return (request, response, next) => {
    admitted(verifier, request).then(
      () => next(),
      (refused: unknown) => {
        if (!(refused instanceof Refusal)) return next(refused);
        response.statusCode = refused.status;
        for (const [name, value] of Object.entries(refused.headers())) {
          response.setHeader(name, value);
        }
        response.end(JSON.stringify(refused.problem(requestId())));
      },
    );
  };
}

async function admitted(verifier: Verifier, request: ExpressRequest): Promise<void> {
  const received = fromNode(request);
  const body = verifier.needsBody(received) ? await expressBody(verifier, request) : EMPTY;
  request.bailiwick = await verifier.verify(received, body);
}

async function expressBody(verifier: Verifier, request: ExpressRequest): Promise<Bytes> {
  if (request.rawBody) return new Uint8Array(request.rawBody);
  if (request.readableEnded) {
    throw new TypeError("the body was read before: put the verifier before `express.json()`");
  }
  const bytes = await collected(request, verifier);
  request.rawBody = bytes;
  const type = String(request.headers["content-type"] ?? "");
  if (bytes.length > 0) request.body = /^application\/([\w.+-]+\+)?json\b/i.test(type)
    ? parsed(bytes)
    : bytes;
  return bytes;
}

interface FastifyRequest {
  raw: NodeRequest;
  bailiwick?: RequestContext | null;
}

interface FastifyReply {
  code(status: number): FastifyReply;
  headers(fields: Record<string, string>): FastifyReply;
  send(text: string): FastifyReply;
}

interface Fastify {
  decorateRequest(name: string, value: null): unknown;
  addHook(
    name: "preParsing",
    hook: (
      request: FastifyRequest,
      reply: FastifyReply,
      payload: AsyncIterable<Uint8Array>,
    ) => Promise<unknown>,
  ): unknown;
}

interface Streams {
  Readable: { from(parts: Uint8Array[], options: { objectMode: boolean }): object };
}

/** For Fastify: `app.register(fastifyPlugin(options))`; `request.bailiwick` says who it is. */
export function fastifyPlugin(
  options: VerifierOptions,
): (app: unknown, _: unknown, done: () => void) => void {
  const verifier = new Verifier(options);
  const plugin = (app: unknown, _: unknown, done: () => void) => {
    const fastify = app as Fastify;
    fastify.decorateRequest("bailiwick", null);
    fastify.addHook("preParsing", async (request, reply, payload) => {
      try {
        return await unparsed(verifier, request, payload);
      } catch (refused) {
        if (!(refused instanceof Refusal)) throw refused;
        const text = JSON.stringify(refused.problem(requestId()));
        return reply.code(refused.status).headers(refused.headers()).send(text);
      }
    });
    done();
  };
  // It is for the routes beside it, and not only for those that are registered within it.
  return Object.assign(plugin, { [Symbol.for("skip-override")]: true });
}

async function unparsed(
  verifier: Verifier,
  request: FastifyRequest,
  payload: AsyncIterable<Uint8Array>,
): Promise<unknown> {
  const received = fromNode(request.raw);
  if (!verifier.needsBody(received)) {
    request.bailiwick = await verifier.verify(received, EMPTY);
    return payload;
  }
  const bytes = await collected(payload, verifier);
  request.bailiwick = await verifier.verify(received, bytes);
  const name = "node:stream";
  const streams = builtin<Streams>(name) ?? ((await import(name)) as Streams);
  const parts = bytes.length > 0 ? [bytes] : [];
  const again = streams.Readable.from(parts, { objectMode: false });
  return Object.assign(again, { receivedEncodedLength: bytes.length });
}

interface HonoContext {
  req: { raw: Request };
  set(name: "bailiwick", value: RequestContext): void;
}

/** For Hono: `context.get("bailiwick")` says who it is. */
export function honoMiddleware(
  options: VerifierOptions,
): (context: unknown, next: () => Promise<void>) => Promise<Response | void> {
  const verify = createVerifier(options);
  return async (context, next) => {
    const hono = context as HonoContext;
    let sender: RequestContext;
    try {
      sender = await verify(hono.req.raw);
    } catch (refused) {
      if (!(refused instanceof Refusal)) throw refused;
      return refused.toResponse(requestId());
    }
    hono.set("bailiwick", sender);
    await next();
  };
}

/** All of a body, up to the limit. */
async function whole(body: ReadableStream<Uint8Array>, verifier: Verifier): Promise<Bytes> {
  return readAll(body, verifier.maxBodyBytes).catch((cause: unknown) => {
    throw cause instanceof BailiwickError ? new Refusal("body_too_large") : cause;
  });
}

async function collected(parts: AsyncIterable<Uint8Array>, verifier: Verifier): Promise<Bytes> {
  const found: Uint8Array[] = [];
  let length = 0;
  for await (const part of parts) {
    length += part.length;
    if (length > verifier.maxBodyBytes) throw new Refusal("body_too_large");
    found.push(part);
  }
  return concat(...found);
}

function parsed(bytes: Bytes): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch {
    throw new Refusal("request_malformed", "the body is not JSON");
  }
}

function requestId(): string {
  return `req_${globalThis.crypto.randomUUID()}`;
}
