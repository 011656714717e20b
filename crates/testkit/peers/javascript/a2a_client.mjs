// The client of the SDK of npm: finds an agent by its card, and works with it. Reads
// {"url", "binding", "skill", "headers"}, and writes what came of it. What is at "name" is asked at
// "address", as if that were looked up.
import { readFileSync } from 'node:fs';
import {
  ClientFactory, DefaultAgentCardResolver, JsonRpcTransportFactory, RestTransportFactory,
} from '@a2a-js/sdk/client';

const SKILL = 'urn:bailiwick:a2a:skill';
const told = JSON.parse(readFileSync(0, 'utf8'));

const fetchImpl = (url, init = {}) => {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(told.headers)) headers.set(name, value);
  const at = new URL(url);
  if (at.hostname === told.name) at.host = new URL(told.address).host;
  return fetch(at, { ...init, headers });
};
const Transport = told.binding === 'JSONRPC' ? JsonRpcTransportFactory : RestTransportFactory;
const factory = new ClientFactory({
  transports: [new Transport({ fetchImpl })],
  cardResolver: new DefaultAgentCardResolver({ fetchImpl }),
});

const attempt = async (work) => {
  try {
    return await work();
  } catch (error) {
    return { refused: error.constructor.name, said: String(error.message) };
  }
};
const client = await factory.createFromUrl(told.url);
const request = () => ({
  tenant: '',
  message: {
    messageId: crypto.randomUUID(),
    role: 1,
    parts: [{ content: { $case: 'text', value: 'a word' }, filename: '', mediaType: '' }],
    metadata: told.skill ? { [SKILL]: told.skill } : {},
    contextId: '', taskId: '', extensions: [], referenceTaskIds: [],
  },
});
const sent = await attempt(async () => {
  const task = await client.sendMessage(request());
  const { id, status } = task;
  return { task: id, state: status.state, said: status.message.parts[0].content.value };
});
const streamed = await attempt(async () => {
  const kinds = [];
  for await (const event of client.sendMessageStream(request())) kinds.push(event.payload.$case);
  return kinds;
});
const { task } = sent;
delete sent.task;
const found = task
  ? await attempt(async () => (await client.getTask({ id: task, tenant: '' })).status.state)
  : null;
process.stdout.write(JSON.stringify({ sent, streamed, found }));
