// The reference server of MCP, `@modelcontextprotocol/server-everything`, on a free port. Where it
// listens is the first line of what it says.
import { createServer } from "node:net";

const port = await new Promise((resolve) => {
  const free = createServer().listen(0, "127.0.0.1", () => {
    const { port } = free.address();
    free.close(() => resolve(port));
  });
});
process.env.PORT = String(port);
const say = console.log;
console.log = () => {};
console.error = (text) => {
  if (String(text).includes("listening on port")) say(JSON.stringify(`http://127.0.0.1:${port}/mcp`));
};
const server = "@modelcontextprotocol/server-everything/dist/transports/streamableHttp.js";
await import(new URL(`../node_modules/${server}`, import.meta.url));
