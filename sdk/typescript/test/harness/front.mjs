// One origin for pages, the authority and the gateway, as a site has it behind a reverse proxy: so
// that a page may call both.

import { createServer, request as ask } from "node:http";

/** Listens; `pages` may answer first, and `behind` says where both listen, once they do. */
export async function front(pages) {
  const behind = { gateway: undefined, authority: undefined };
  const server = createServer((request, response) => {
    if (!pages(request, response)) relay(behind, request, response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, behind, stop };
}

/** The bytes as they are: signatures cover them, `Host` included. */
function relay({ gateway, authority }, request, response) {
  const isCall = /^\/(acme|busy)\//.test(request.url);
  const { hostname, port } = new URL(`http://${isCall ? gateway : authority}`);
  const { method, url: path, headers } = request;
  const onward = ask({ hostname, port, method, path, headers, setHost: false }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}
