// The tour in Deno: told on standard input, reported on standard output.

import { tour } from "./tour.mjs";

const told = await new Response(Deno.stdin.readable).json();
console.log(JSON.stringify(await tour(told)));
