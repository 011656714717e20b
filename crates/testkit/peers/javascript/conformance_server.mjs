// The server that the public conformance suite is written against, as it is published in
// `modelcontextprotocol/conformance` (examples/servers/typescript, Apache-2.0). Its types are taken
// out; nothing else is done to it. Where it listens is the first line of what it says.
import { readFile, unlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import ts from "typescript";

const source = new URL("conformance/everything-server.ts", import.meta.url);
const { outputText } = ts.transpileModule(await readFile(source, "utf8"), {
  compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
});
// Beside the packages that it imports, which are looked for from there.
const built = new URL(`../conformance-server-${process.pid}.mjs`, import.meta.url);
await writeFile(built, outputText);

const port = await new Promise((resolve) => {
  const free = createServer().listen(0, "127.0.0.1", () => {
    const { port } = free.address();
    free.close(() => resolve(port));
  });
});
process.env.PORT = String(port);
const say = console.log;
console.log = (text) => {
  if (String(text).includes("running on")) say(JSON.stringify(`http://localhost:${port}/mcp`));
};
await import(built);
await unlink(built);
