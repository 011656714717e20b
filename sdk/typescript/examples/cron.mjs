// A cron agent: enrolls at its first run, and from then on takes its identity out of a file.
//   BAILIWICK_SERVER=… BAILIWICK_INVITE=bwi_… API=… node cron.mjs

import { bootstrap, Denial, fileStore } from "@bailiwick/sdk";

const { BAILIWICK_SERVER, BAILIWICK_INVITE, AGENT_FILE = "summarizer.json", API } = process.env;

const agent = await bootstrap({
  server: BAILIWICK_SERVER,
  inviteCode: BAILIWICK_INVITE,
  name: "ticket-summarizer",
  owner: "support@acme.example",
  purpose: "sums up open tickets every morning",
  store: fileStore(AGENT_FILE),
});

try {
  // Closed when it ends, however it ends: nothing that was got for it is good after that.
  await agent.task({ purpose: "morning summary", scopes: ["tickets:read"] }, async (task) => {
    const tickets = await (await task.signedFetch(`${API}/tickets?status=open`)).json();
    console.log(`${tickets.length} open: ${tickets.map(({ title }) => title).join(", ")}`);
  });
} catch (refused) {
  if (!(refused instanceof Denial)) throw refused;
  console.error(refused.code, refused.hint, refused.missingScopes);
  process.exitCode = 1;
}
