// A tool in an agent framework (LangChain): whatever the model asks for, the gateway decides.
//   AGENT_FILE=summarizer.json API=… node tool.mjs

import { tool } from "@langchain/core/tools";
import { createClient, Denial, fileStore } from "@bailiwick/sdk";
import { z } from "zod";

const agent = await createClient({ store: fileStore(process.env.AGENT_FILE) });

export const readTicket = tool(
  async ({ id }) => {
    try {
      const answer = await agent.signedFetch(`${process.env.API}/tickets/${id}`);
      return await answer.text();
    } catch (refused) {
      // What the model reads, so that it does not go on trying.
      if (refused instanceof Denial) return `refused: ${refused.message}`;
      throw refused;
    }
  },
  {
    name: "read_ticket",
    description: "Reads one ticket of the help desk",
    schema: z.object({ id: z.number().int().describe("the ticket's number") }),
  },
);

console.log(await readTicket.invoke({ id: 7 }));
