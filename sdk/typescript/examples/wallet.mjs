// An agent that is an Ethereum account: the wallet signs (ERC-8128), here viem's.
//   BAILIWICK_SERVER=… BAILIWICK_INVITE=bwi_… API=… [WALLET_KEY=0x…] node wallet.mjs

import { bootstrap } from "@bailiwick/sdk";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

const account = privateKeyToAccount(process.env.WALLET_KEY ?? generatePrivateKey());

const agent = await bootstrap({
  server: process.env.BAILIWICK_SERVER,
  inviteCode: process.env.BAILIWICK_INVITE,
  name: "trader",
  owner: "treasury@acme.example",
  purpose: "looks after the tickets of the treasury",
  wallet: {
    address: account.address,
    chainId: 1,
    signMessage: (raw) => account.signMessage({ message: { raw } }),
  },
});

const answer = await agent.signedFetch(`${process.env.API}/tickets/7`);
console.log(answer.status, agent.identity.subject);
