// A client of MCP with the package `@modelcontextprotocol/sdk`, unchanged: it begins a session, looks
// at what there is, and uses each kind of it, the server's own requests included.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CreateMessageRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { json } from "node:stream/consumers";

const { url, headers } = await json(process.stdin);
const client = new Client(
  { name: "a test", version: "1" },
  { capabilities: { sampling: {}, roots: {} } },
);
const asked = [];
client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
  asked.push(params.messages[0].content.text);
  return { role: "assistant", model: "none", content: { type: "text", text: "an answer" } };
});
const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
await client.connect(transport);

/** What came of it, or why nothing did. */
async function attempt(made) {
  return made.catch((error) => ({ refused: error.code ?? error.message }));
}

const progress = [];
const names = (list, name) => list.map((it) => it[name]);
const said = {
  session: transport.sessionId !== undefined,
  revision: transport.protocolVersion,
  instructed: client.getInstructions()?.length,
  tools: names((await client.listTools()).tools, "name"),
  resources: names((await client.listResources()).resources, "uri").slice(0, 3),
  templates: names((await client.listResourceTemplates()).resourceTemplates, "uriTemplate"),
  prompts: names((await client.listPrompts()).prompts, "name"),
  echo: await attempt(client.callTool({ name: "echo", arguments: { message: "héllo" } })),
  sum: await attempt(client.callTool({ name: "get-sum", arguments: { a: 2, b: 3 } })),
  image: (await attempt(client.callTool({ name: "get-tiny-image" }))).content?.length,
  long: await attempt(
    client.callTool(
      { name: "trigger-long-running-operation", arguments: { duration: 0.2, steps: 2 } },
      undefined,
      { onprogress: ({ progress: it, total }) => progress.push([it, total]) },
    ),
  ),
  sampled: await attempt(
    client.callTool({ name: "trigger-sampling-request", arguments: { prompt: "why" } }),
  ),
  read: (
    await attempt(client.readResource({ uri: "demo://resource/dynamic/text/1" }))
  ).contents?.[0].uri,
  prompt: (await attempt(client.getPrompt({ name: "simple-prompt" }))).messages?.length,
  completed: (
    await attempt(
      client.complete({
        ref: { type: "ref/resource", uri: "demo://resource/dynamic/text/{resourceId}" },
        argument: { name: "resourceId", value: "1" },
      }),
    )
  ).completion?.values,
  ping: await attempt(client.ping()),
  progress,
  asked: asked.length,
};
await transport.terminateSession();
await client.close();
console.log(JSON.stringify(said));
