/**
 * A line of the log for each HTTP request, at debug level of the category `notifyli.http`, which can be switched on while the server runs.
 * It names the route and not the path: that may hold names of users.
 */
import { logFor } from "../base/log.ts";
import { requestId } from "../base/request_id.ts";
import type { Accepted, Peer } from "../core/socket.ts";

const log = logFor("http");

/** What answers requests, for a listener. */
interface Handlers {
  fetch(request: Request, peer: Peer): Response | Promise<Response>;
  upgrade(request: Request, peer: Peer): Promise<Response | Accepted>;
}

/** Handlers that tell of what they have answered, where anybody reads it. @param routeOf names the route of a request */
export function withAccessLog(handlers: Handlers, routeOf: (request: Request) => string): Handlers {
  return {
    fetch(request, peer) {
      if (!log.isEnabledFor("debug")) return handlers.fetch(request, peer);
      return told(request, async () => await handlers.fetch(request, peer));
    },
    async upgrade(request, peer) {
      if (!log.isEnabledFor("debug")) return await handlers.upgrade(request, peer);
      const { tell } = begin(request);
      const answer = await handlers.upgrade(request, peer);
      tell(answer instanceof Response ? answer.status : 101);
      return answer;
    },
  };

  async function told(request: Request, answering: () => Promise<Response>): Promise<Response> {
    const { tell } = begin(request);
    const response = await answering();
    const { status, headers } = response;
    const length = headers.get("content-length");
    if (length !== null) tell(status, request.method === "HEAD" ? 0 : Number(length));
    else if (response.body === null) tell(status, 0);
    else if (headers.get("content-type")?.startsWith("application/json")) {
      const body = await response.arrayBuffer();
      tell(status, body.byteLength);
      return new Response(body, response);
    } // How much a stream has is not known yet, and nothing may stand between it and its reader, whose pace it goes by.
    else tell(status);
    return response;
  }

  function begin(request: Request) {
    const startedAt = performance.now();
    const { method } = request;
    const route = routeOf(request);
    const id = requestId(); // whoever takes the last of a body is in no request
    return {
      tell(status: number, bytes?: number): void {
        const ms = Math.round((performance.now() - startedAt) * 10) / 10;
        const answered = {
          method,
          route,
          status,
          ms,
          ...(bytes !== undefined && { bytes }),
          request: id,
        };
        log.debug("{method} {route} {status} in {ms} ms", answered);
      },
    };
  }
}
