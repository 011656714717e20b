// An MCP client over HTTP: each of its requests is signed, and nothing else about it changes.
//   AGENT_FILE=summarizer.json MCP_URL=… node mcp.mjs

import { createClient, fileStore } from "@bailiwick/sdk";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const agent = await createClient({ store: fileStore(process.env.AGENT_FILE) });
const transport = new StreamableHTTPClientTransport(new URL(process.env.MCP_URL), {
  fetch: agent.signedFetch,
});

const client = new Client({ name: agent.identity.name, version: "1.0.0" });
await client.connect(transport);
const { tools } = await client.listTools();
console.log(tools.map(({ name }) => name).join(", "));
const result = await client.callTool({ name: "count_tickets", arguments: { state: "open" } });
console.log(result.content[0].text);
await client.close();
