// What a server of MCP offers, as it lists it: to a client of the revisions with sessions, and to one
// of the revision without.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { json } from "node:stream/consumers";

const LISTS = [
  ["tools/list", "tools"],
  ["resources/list", "resources"],
  ["resources/templates/list", "resourceTemplates"],
  ["prompts/list", "prompts"],
];
const NEWEST = "2026-07-28";

const { url } = await json(process.stdin);
// Some servers offer more to whom they can ask something.
const capabilities = { sampling: {}, roots: {}, elicitation: {} };
const client = new Client({ name: "catalog", version: "1" }, { capabilities });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
const any = { parse: (it) => it, safeParse: (data) => ({ success: true, data }) };

async function ask(method, params) {
  return client.request({ method, params }, any).catch(() => ({}));
}

async function askStateless(method, params) {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": NEWEST,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": NEWEST,
      "mcp-method": method,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } }),
  });
  return (await answer.json().catch(() => ({}))).result ?? {};
}

async function list(ask) {
  const found = {};
  for (const [method, member] of LISTS) {
    found[member] = [];
    let cursor;
    do {
      const page = await ask(method, cursor === undefined ? {} : { cursor });
      found[member].push(...(page[member] ?? []));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }
  return found;
}

const sessions = await list(ask);
const instructions = client.getInstructions();
await client.close();
console.log(JSON.stringify({ sessions, stateless: await list(askStateless), instructions }));
