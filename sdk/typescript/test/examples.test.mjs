// The examples, as they stand, against a real server.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

import { createClient, fileStore } from "../dist/index.js";
import { start } from "./harness/server.mjs";

const run = promisify(execFile);
const example = (name) => fileURLToPath(new URL(`../examples/${name}.mjs`, import.meta.url));

let world;
let environment;

before(async () => {
  const extra = await readFile(new URL("harness/mcp.toml", import.meta.url), "utf8");
  world = await start({ upstream: answer, extra: (url) => extra.replaceAll("UPSTREAM", url) });
  const words = ["--scope", "tickets:read", "--scope", "tools:call", "--uses", "9"];
  const { invite_code: invite } = await world.command("invite", "new", ...words);
  environment = {
    ...process.env,
    BAILIWICK_SERVER: world.server,
    BAILIWICK_INVITE: invite,
    TRUST_DOMAIN: "acme.example",
    AGENT_FILE: join(world.folder, "summarizer.json"),
    API: world.api,
    MCP_URL: `${world.gateway}/tools/mcp`,
  };
});

after(() => world?.stop());

/** The API behind the gateway: tickets, and a small MCP server. */
function answer(request, response, body) {
  if (request.url === "/mcp") {
    void speak(request, response, body);
    return true;
  }
  if (request.url !== "/tickets?status=open") return false;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify([{ title: "printer on fire" }, { title: "no paper" }]));
  return true;
}

async function speak(request, response, body) {
  if (request.method !== "POST") return response.writeHead(405).end();
  const server = new McpServer({ name: "tickets", version: "1.0.0" });
  const about = { description: "Counts tickets", inputSchema: { state: z.string() } };
  server.registerTool("count_tickets", about, async ({ state }) => ({
    content: [{ type: "text", text: `2 ${state}, asked by ${request.headers["x-agent-id"]}` }],
  }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await server.connect(transport);
  await transport.handleRequest(request, response, JSON.parse(body));
}

async function output(name) {
  const { stdout } = await run(process.execPath, [example(name)], { env: environment });
  return stdout.trim();
}

test("the cron agent, the first time and every other", async () => {
  assert.equal(await output("cron"), "2 open: printer on fire, no paper");
  assert.equal(await output("cron"), "2 open: printer on fire, no paper");
  assert.match(world.heard.at(-1).headers["x-agent-task"], /^tsk_/);
});

test("the tool of an agent framework", async () => {
  const heard = JSON.parse(await output("tool"));
  assert.equal(heard.url, "/tickets/7");
  assert.equal(heard.headers["x-agent-id"], "ticket-summarizer");
});

test("the MCP client", async () => {
  const [tools, result] = (await output("mcp")).split("\n");
  assert.equal(tools, "count_tickets");
  assert.equal(result, "2 open, asked by ticket-summarizer");
});

test("the wallet", async () => {
  assert.equal(await output("wallet"), "200 spiffe://acme.example/default/trader");
});

test("the API that verifies", async () => {
  const api = spawn(process.execPath, [example("express-api")], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    const lines = createInterface({ input: api.stdout });
    const [url] = await new Promise((resolve) => lines.once("line", (line) => resolve([line])));
    assert.equal((await fetch(`${url}/tickets/7`)).status, 401, "past the gateway nobody comes in");
    // What it says is good for fifteen seconds, so that it is asked for here.
    const client = await createClient({ store: fileStore(environment.AGENT_FILE) });
    await client.signedFetch(`${world.api}/tickets/7`);
    const { headers } = world.heard.at(-1);
    const token = { headers: { "txn-token": headers["txn-token"] } };
    const read = await fetch(`${url}/tickets/7`, token);
    assert.equal((await read.json()).readBy, "ticket-summarizer");
    assert.equal((await fetch(`${url}/tickets/7`, token)).status, 401, "once");
    assert.equal((await fetch(`${url}/tickets/8`, token)).status, 401, "and for that alone");
  } finally {
    api.kill();
  }
});
