/**
 * Requests from this server to others, whose URLs are settings. They do not reach a private network by mistake, nor by
 * a name whose owner says that it is there: the address that is connected to is the one that was checked.
 */
import { lookup as lookupName, type LookupAddress } from "node:dns";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { connect as connectPlain, isIP, type LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { connect as connectTls } from "node:tls";
import { AddressList, parseAddress } from "./addresses.ts";
import { isPrivateAddress } from "./private_addresses.ts";

/** Private addresses and networks that may be gone to, such as `10.1.2.3`; `*` for any. */
export type PrivateTargets = readonly string[];

export interface OutwardRequest {
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

/** Statuses of answers that have no body. */
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
   * The address that a URL has in it, where that is refused. How it was spelled does not matter: a `URL` has made
   * `127.0.0.1` of `0x7f.1`.
   */
  refusedTarget({ hostname }: URL): string | undefined {
    const address = parseAddress(hostname);
    if (address !== undefined) return this.#refuses(address) ? address : undefined;
    const isHere = /(^|\.)localhost\.?$/.test(hostname);
    return isHere && LOOPBACK.every((each) => this.#refuses(each)) ? LOOPBACK[0] : undefined;
  }

  /** Follows no redirect. Rejects where there is no answer, with nothing of the URL but its host in the message. */
  async send(url: URL, request: OutwardRequest): Promise<Response> {
    if (this.#isAny) return await fetchPlain(url, request);
    const refused = this.refusedTarget(url);
    if (refused !== undefined) throw refusal(refused);
    return responseOf(await this.#request(url, request));
  }

  /** By a connection of its own, so that each is checked; proxies of the environment are not asked. */
  #request(url: URL, { body, ...options }: OutwardRequest): Promise<IncomingMessage> {
    const isTls = url.protocol === "https:";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const target = {
      host,
      port: Number(url.port || (isTls ? 443 : 80)),
      lookup: this.#checkedLookup,
    };
    // Not by an agent: Deno's asks for rights to the whole system, and does not end what it has sent anew.
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

  /** For a connection to a name: it gets the addresses that are not refused, and connects to no other. */
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

/** Where each of several addresses failed, the first one's words stand for all. */
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
    // It puts the whole URL before what the network said.
    throw new Error(/client error \(\w+\): (.+)$/.exec(text)?.[1] ?? "the request failed");
  }
}
