/**
 * Sends requests to other servers, whose URLs are settings. A request reaches a private network neither by mistake nor
 * because the owner of a name says that it is there: the address that is connected to is the one that was checked.
 */
import { lookup as lookupName, type LookupAddress } from "node:dns";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { connect as connectPlain, isIP, type LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { connect as connectTls } from "node:tls";
import { AddressList, parseAddress } from "./addresses.ts";
import { isPrivateAddress } from "./private_addresses.ts";

/** Private addresses and networks to which requests may go, such as `10.1.2.3`; `*` for any. */
export type PrivateTargets = readonly string[];

interface OutwardRequest {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** Finds the addresses of a name, as `node:dns` does. */
export type Lookup = (
  name: string,
  options: { readonly all: true },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

const LOOPBACK = ["127.0.0.1", "::1"];

/** The statuses of answers without a body. */
const EMPTY = new Set([204, 205, 304]);

export class Outward {
  readonly #isAny: boolean;
  readonly #allowed: AddressList;
  readonly #lookup: Lookup;

  constructor(allowed: PrivateTargets, lookup: Lookup = lookupName) {
    this.#isAny = allowed.includes("*");
    this.#allowed = new AddressList(allowed.filter((each) => each !== "*"));
    this.#lookup = lookup;
  }

  /**
   * The address in a URL, if requests may not go there. Its spelling does not matter: a `URL` turns `0x7f.1` into
   * `127.0.0.1`.
   */
  refusedTarget({ hostname }: URL): string | undefined {
    const address = parseAddress(hostname);
    if (address !== undefined) return this.#refuses(address) ? address : undefined;
    const isHere = /(^|\.)localhost\.?$/.test(hostname);
    return isHere && LOOPBACK.every((each) => this.#refuses(each)) ? LOOPBACK[0] : undefined;
  }

  /** Sends a request, and follows no redirect. If there is no answer, rejects with a message that shows the host only. */
  async send(url: URL, request: OutwardRequest): Promise<Response> {
    if (this.#isAny) return await fetchPlain(url, request);
    const refused = this.refusedTarget(url);
    if (refused !== undefined) throw refusal(refused);
    return responseOf(await this.#request(url, request));
  }

  /** Sends a request on a new connection, so that each is checked. Proxies of the environment are not used. */
  #request(url: URL, { body, ...options }: OutwardRequest): Promise<IncomingMessage> {
    const isTls = url.protocol === "https:";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const target = {
      host,
      port: Number(url.port || (isTls ? 443 : 80)),
      lookup: this.#checkedLookup,
    };
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
  readonly #checkedLookup: LookupFunction = (name, _options, done) => {
    this.#lookup(name, { all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      const taken = found.filter((each) => {
        const address = parseAddress(each.address);
        return address !== undefined && !this.#refuses(address);
      });
      if (taken.length > 0) done(null, taken);
      else done(refusal(found.map((each) => each.address).join(", ")), []);
    });
  };

  #refuses(address: string): boolean {
    return !this.#isAny && isPrivateAddress(address) && !this.#allowed.has(address);
  }
}

function refusal(addresses: string): Error {
  return new Error(`${addresses} is private, and not in APP_OUTGOING_PRIVATE_IPS`);
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

async function fetchPlain(url: URL, request: OutwardRequest): Promise<Response> {
  try {
    return await fetch(url, { ...request, redirect: "manual" });
  } catch (error) {
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    const text = cause instanceof Error ? cause.message : message;
    // The message has the whole URL, which may be secret, before the network's own words.
    throw new Error(/client error \(\w+\): (.+)$/.exec(text)?.[1] ?? "the request failed");
  }
}
