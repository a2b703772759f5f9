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
    // A stream of events goes on for hours, and its pace shows how much its reader takes: nothing may stand between.
    else if (headers.get("content-type")?.startsWith("text/event-stream")) tell(status);
    else if (response.body === null) tell(status, 0);
    else return counted(response, response.body, (bytes) => tell(status, bytes));
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

/** The same answer, which says at its end, or where its reader is gone, how many bytes were taken. */
function counted(
  response: Response,
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  end: (bytes: number) => void,
): Response {
  let bytes = 0;
  const reader = body.getReader();
  const counting = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { value, done } = await reader.read();
      if (done) {
        end(bytes);
        return controller.close();
      }
      bytes += value.length;
      controller.enqueue(value);
    },
    async cancel(reason) {
      end(bytes);
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  const { status, statusText, headers } = response;
  return new Response(counting, { status, statusText, headers });
}
