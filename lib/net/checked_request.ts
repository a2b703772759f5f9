/** One request to another server, on a connection of its own: the address that is connected to is the one that was checked. */
import { lookup as lookupName, type LookupAddress } from "node:dns";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { connect as connectPlain, isIP, type LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { connect as connectTls } from "node:tls";
import { parseAddress } from "./addresses.ts";
import { privateRefusal } from "./private_addresses.ts";

export interface OutwardRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
}

/** Finds the addresses of a name, as `node:dns` does. */
export type Lookup = (
  name: string,
  options: { readonly all: true },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

interface Checks {
  /** @default the system's */
  readonly lookup: Lookup | undefined;
  isAllowed(address: string): boolean;
}

/** The statuses of answers without a body. */
const EMPTY = new Set([204, 205, 304]);

/** Sends a request on a new connection, so that each is checked. Proxies of the environment are not used. */
export async function requestChecked(
  url: URL,
  request: OutwardRequest,
  checks: Checks,
): Promise<Response> {
  return responseOf(await answerOf(url, request, checkedLookup(checks)));
}

function answerOf(
  url: URL,
  { body, ...options }: OutwardRequest,
  lookup: LookupFunction,
): Promise<IncomingMessage> {
  const isTls = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const target = { host, port: Number(url.port || (isTls ? 443 : 80)), lookup };
  // No agent is used: Deno's asks for rights to the whole system, and does not end a request that it has sent anew.
  const createConnection = () =>
    isTls
      ? connectTls({ ...target, servername: isIP(host) === 0 ? host : "" })
      : connectPlain(target);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const start = isTls ? requestHttps : requestHttp;
  start(url, { ...options, createConnection }, resolve)
    .on("error", (error) => reject(withMessage(error)))
    .end(body);
  return promise;
}

/** Looks a name up for a connection, which only gets the addresses that are allowed. */
function checkedLookup({ lookup = lookupName, isAllowed }: Checks): LookupFunction {
  return (name, _options, done) => {
    lookup(name, { all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      const taken = found.filter((each) => {
        const address = parseAddress(each.address);
        return address !== undefined && isAllowed(address);
      });
      if (taken.length > 0) done(null, taken);
      else done(privateRefusal(found.map((each) => each.address).join(", ")), []);
    });
  };
}

function responseOf(message: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const status = message.statusCode ?? 0;
  const isEmpty = EMPTY.has(status);
  if (isEmpty) message.resume();
  return new Response(isEmpty ? null : Readable.toWeb(message), { status, headers });
}

/** The error of the first address, if a connection tried several and all failed: the error for all has no message. */
function withMessage(error: Error): Error {
  const [first] = error instanceof AggregateError ? error.errors : [];
  return first instanceof Error ? first : error;
}
