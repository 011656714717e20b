// `@modelcontextprotocol/conformance` imports `globSync` of `fs`, which Node.js has from version 22
// on, for commands that are not run here. Loaded before it, this lets it run on version 20.
import { register } from "node:module";

const fs = "export * from 'node:fs'; export const globSync = undefined;";
const hook = `
  export async function resolve(specifier, context, next) {
    const isTheirs = specifier === "fs" && context.parentURL?.includes("/conformance/dist/");
    return isTheirs ? { url: ${JSON.stringify(`data:text/javascript,${encodeURIComponent(fs)}`)}, shortCircuit: true } : next(specifier, context);
  }`;

if (!("globSync" in process.getBuiltinModule("node:fs"))) {
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
