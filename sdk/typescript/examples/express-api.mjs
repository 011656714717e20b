// An API that knows who calls: the gateway's word (Txn-Token) is verified; nothing else gets in.
//   BAILIWICK_SERVER=… TRUST_DOMAIN=acme.example node express-api.mjs

import { expressMiddleware } from "@bailiwick/sdk/server";
import express from "express";

const app = express();
app.use(
  expressMiddleware({
    issuer: process.env.BAILIWICK_SERVER,
    trustDomain: process.env.TRUST_DOMAIN,
  }),
);
app.use(express.json());

app.get("/tickets/:id", (request, response) => {
  const { agent, person, task, trace } = request.bailiwick;
  console.error(`${trace.requestId} ${agent.name} for ${person ?? agent.owner} in ${task}`);
  response.json({ id: Number(request.params.id), title: "printer on fire", readBy: agent.name });
});

const server = app.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
