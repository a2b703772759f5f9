/** The listener on `node:http` and `npm:ws`: bounds message sizes and slow peers, and batches writes. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { inRequest, REQUEST_ID, REQUEST_ID_LOWER, requestIdOf } from "../base/request_id.ts";
import type { Door } from "./accepting.ts";
import type { Handlers, ListenerOptions } from "./listener.ts";
import { NodeDoor } from "./node_door.ts";
import { sendBody } from "./node_answer.ts";
import { gatherChunks } from "./node_chunks.ts";
import { Caller } from "./node_request.ts";
import { LateRequests } from "./node_late.ts";
import { inTurn } from "./node_requests.ts";
import { isUpgrade, NodeUpgrades } from "./node_upgrades.ts";

/** How soon headers that take too long are noticed. */
const LATE_LOOK_MS = 1000;

/** The limit of headers if the configuration has none. */
const MOST_HEADER_BYTES = 16 * 1024 * 1024;

export function createDoor(options: ListenerOptions, handlers: Handlers): Door {
  const server = serverOf(options, handlers);
  const upgrades = new NodeUpgrades(options, handlers);
  server.on("upgrade", (message, stream, head) => void upgrades.take(message, stream, head));
  return new NodeDoor(server, options);
}

/** A server that answers all requests but upgrades, and does not listen yet. */
function serverOf(options: ListenerOptions, handlers: Handlers): Server {
  const headers = Object.entries(options.headers);
  // This replaces the global `Request` and `Response`: the runtime's would make a stream of every answer, which is slow.
  const late = new LateRequests(options.requestSeconds);
  const inItsTurn = inTurn(getRequestListener((request, { incoming, outgoing }) => {
    const [message, answer] = [incoming as IncomingMessage, outgoing as ServerResponse];
    const id = requestIdOf(message.headers[REQUEST_ID_LOWER]);
    outgoing.setHeader(REQUEST_ID, id);
    for (const [name, value] of headers) outgoing.setHeader(name, value);
    late.add(message, answer);
    const caller = new Caller(message, late);
    const response = inRequest(id, () => handlers.fetch(request, caller));
    return response instanceof Promise ? withBody(response, caller, answer) : response;
  }));
  const onRequest = (message: IncomingMessage, answer: ServerResponse) => {
    gatherChunks(message);
    inItsTurn(message, answer);
  };
  const bounds = { ...boundsOf(options), shouldUpgradeCallback: isUpgrade };
  const server = options.tls
    ? createTlsServer({ ...options.tls, ...bounds }, onRequest)
    : createServer(bounds, onRequest);
  server.maxConnections = options.maxConnections;
  server.on("close", () => late[Symbol.dispose]());
  return server;
}

/** Sends the body that was given to the caller, if any, and resolves with all else for others to send. */
async function withBody(
  answering: Promise<Response>,
  caller: Caller,
  outgoing: ServerResponse,
): Promise<Response> {
  const response = await answering;
  if (caller.sending === undefined) return response;
  const { status, headers } = response;
  await sendBody(caller.sending, outgoing, { status, headers: Object.fromEntries(headers) });
  return RESPONSE_ALREADY_SENT;
}

/** The limits of headers and of slow requests, as `node:http` takes them: 0 means no limit. */
function boundsOf({ maxHeaderBytes, headersSeconds, requestSeconds }: ListenerOptions) {
  const ms = (seconds: number) => Number.isFinite(seconds) ? seconds * 1000 : 0;
  return {
    maxHeaderSize: Number.isFinite(maxHeaderBytes) ? maxHeaderBytes : MOST_HEADER_BYTES,
    headersTimeout: ms(Math.min(headersSeconds, requestSeconds)),
    requestTimeout: 0, // it would count for uploads, too: see `LateRequests`
    connectionsCheckingInterval: LATE_LOOK_MS,
  };
}
