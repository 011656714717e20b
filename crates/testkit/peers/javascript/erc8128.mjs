// ERC-8128, as published clients sign it, with the packages `@slicekit/erc8128` and `viem`.

import { createSignerClient } from "@slicekit/erc8128";
import { privateKeyToAccount } from "viem/accounts";

import { told, trial } from "./trial.mjs";

const account = privateKeyToAccount(told.private_key);
const client = createSignerClient({
  chainId: 1,
  address: account.address,
  signMessage: (message) => account.signMessage({ message: { raw: message } }),
});

await trial(({ method, url, body }) => client.signRequest(url, { method, body }));
