/** A request as it was received. */

/** What is verified. Fields as they stood there, in order. */
export interface Received {
  method: string;
  scheme: string;
  /** `Host`, or what stood for it. */
  authority: string;
  path: string;
  /** Without `?`; null where there was none. */
  query: string | null;
  headers: [name: string, value: string][];
}

/** The lines of one field. */
export function lines(received: Received, name: string): string[] {
  return received.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

/** Path and query as they were received. */
export function targetOf({ path, query }: Received): string {
  return query === null ? path : `${path}?${query}`;
}

/** Method, target and fields of a request of `node:http`. */
export interface NodeRequest {
  method?: string | undefined;
  url?: string | undefined;
  originalUrl?: string;
  rawHeaders: string[];
  socket?: { encrypted?: boolean };
}

export function fromNode(request: NodeRequest): Received {
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    headers.push([request.rawHeaders[at] ?? "", request.rawHeaders[at + 1] ?? ""]);
  }
  const host = headers.filter(([name]) => name.toLowerCase() === "host");
  const scheme = request.socket?.encrypted ? "https" : "http";
  const authority = host.length === 1 ? (host[0]?.[1] ?? "") : "";
  const target = request.originalUrl ?? request.url ?? "/";
  return { method: request.method ?? "GET", scheme, authority, ...split(target), headers };
}

/** The same of a request of `fetch`. */
export function fromFetch(request: Request): Received {
  const url = new URL(request.url);
  const mark = request.url.indexOf("?");
  const query = mark < 0 ? null : (request.url.slice(mark + 1).split("#")[0] ?? "");
  const headers = [...request.headers] as [string, string][];
  const authority = request.headers.get("host") ?? url.host;
  const scheme = url.protocol.slice(0, -1);
  return { method: request.method, scheme, authority, path: url.pathname, query, headers };
}

function split(target: string): { path: string; query: string | null } {
  const mark = target.indexOf("?");
  if (mark < 0) return { path: target, query: null };
  return { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
