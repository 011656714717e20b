// The tour in a Worker: told by a request, reported in its answer.

import { tour } from "./tour.mjs";

export default {
  async fetch(request) {
    const failed = (failure) => ({ failure: failure.stack });
    return Response.json(await tour(await request.json()).catch(failed));
  },
};
