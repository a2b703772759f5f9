/**
 * Sends requests to other servers, whose URLs are settings. A request reaches a private network neither by mistake nor
 * because the owner of a name says that it is there: the address that is connected to is the one that was checked.
 */
import { AddressList, parseAddress } from "./addresses.ts";
import type { Lookup, OutwardRequest } from "./checked_request.ts";
import { isPrivateAddress, privateRefusal } from "./private_addresses.ts";

/** Private addresses and networks to which requests may go, such as `10.1.2.3`; `*` for any. */
export type PrivateTargets = readonly string[];

const LOOPBACK = ["127.0.0.1", "::1"];

export class Outward {
  readonly #isAny: boolean;
  readonly #allowed: AddressList;
  readonly #lookup: Lookup | undefined;
  /** Loaded only where there is somebody to call: it takes a tenth of a start. */
  readonly #requests: Promise<typeof import("./checked_request.ts")> | undefined;

  /** @param lookup in place of the system's */
  constructor(allowed: PrivateTargets, lookup?: Lookup) {
    this.#isAny = allowed.includes("*");
    this.#allowed = new AddressList(allowed.filter((each) => each !== "*"));
    this.#lookup = lookup;
    this.#requests = this.#isAny ? undefined : import("./checked_request.ts");
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
    if (this.#requests === undefined) return await fetchPlain(url, request);
    const refused = this.refusedTarget(url);
    if (refused !== undefined) throw privateRefusal(refused);
    const { requestChecked } = await this.#requests;
    return await requestChecked(url, request, {
      lookup: this.#lookup,
      isAllowed: (address) => !this.#refuses(address),
    });
  }

  #refuses(address: string): boolean {
    return !this.#isAny && isPrivateAddress(address) && !this.#allowed.has(address);
  }
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
