/**
 * Decides who may connect: by lists of addresses, by how many connections there are, and by how many come a second. Every
 * upgrade and every stream of events passes this gate first. `user_limits.ts` has the limits of users, who are known
 * later.
 */
import type { Limits } from "../base/sizes.ts";
import type { Metric } from "../core/metrics.ts";
import type { Refusals } from "../core/refusals.ts";
import { CodedError, DISCONNECTS, ERRORS } from "../base/errors.ts";
import type { Accepted, Peer, SocketEvents } from "../core/socket.ts";
import { addressKey, AddressList, isOwnMachine } from "../net/addresses.ts";
import type { AddressRules } from "../net/settings.ts";
import { ClientAddresses } from "../net/client_address.ts";
import { KeyedBuckets } from "./keyed_buckets.ts";
import type { Rates } from "./settings.ts";

/** When a caller that was refused a connection may try again. Nobody knows when another connection ends. */
const RETRY_MS = 5000;

/** The one key of what is counted over all addresses. */
const ALL = "all";

/** The part of the configuration that the gate needs. */
interface GateConfig {
  readonly limits: Pick<Limits, "connections" | "connectionsPerAddress">;
  readonly rates: Pick<Rates, "connects" | "connectsPerAddress">;
  readonly net: { readonly addresses: AddressRules };
}

export class ConnectionGate {
  readonly #config: GateConfig;
  readonly #refusals: Refusals;
  readonly #addresses: ClientAddresses;
  readonly #allowed: AddressList | undefined;
  readonly #denied: AddressList;
  readonly #hasLists: boolean;
  readonly #connects: KeyedBuckets;
  readonly #connectsPerAddress: KeyedBuckets;
  /** How many connections each address has open, by the address's key. */
  readonly #open = new Map<string, number>();
  #openInAll = 0;

  constructor(config: GateConfig, refusals: Refusals) {
    const { net: { addresses }, rates } = config;
    this.#config = config;
    this.#refusals = refusals;
    this.#addresses = new ClientAddresses(addresses.trustedProxies);
    this.#allowed = addresses.allowed.length === 0 ? undefined : new AddressList(addresses.allowed);
    this.#denied = new AddressList(addresses.denied);
    this.#hasLists = addresses.allowed.length + addresses.denied.length > 0;
    this.#connects = new KeyedBuckets(() => rates.connects);
    this.#connectsPerAddress = new KeyedBuckets(() => rates.connectsPerAddress);
  }

  get metrics(): readonly Metric[] {
    return [{
      name: "clients_limit",
      help: "How many connections of clients there may be at most.",
      type: "gauge",
      read: () => this.#config.limits.connections,
    }];
  }

  /** The client's address, as seen through the proxies that are trusted. */
  addressOf(request: Request, peer: Peer): string {
    return this.#addresses.of(request.headers, peer.address);
  }

  /** The answer to a caller whose address the lists keep out; `undefined` for others. */
  refusal(request: Request, peer: Peer): Response | undefined {
    if (!this.#hasLists) return undefined;
    const address = this.addressOf(request, peer);
    return this.#isListed(address) ? undefined : this.#answer(denied(address));
  }

  /** Decides about an upgrade. One that goes ahead has its place until the connection ends. */
  async guard(
    request: Request,
    peer: Peer,
    upgrade: () => Promise<Response | Accepted>,
  ): Promise<Response | Accepted> {
    const address = this.addressOf(request, peer);
    const error = this.#isListed(address) ? this.#check(address) : denied(address);
    if (error !== undefined) return this.#answer(error);
    const accepted = await upgrade();
    if (accepted instanceof Response) {
      if (accepted.status === ERRORS.forbidden.status) this.#refusals.note("forbidden");
      return accepted;
    }
    return {
      subprotocol: accepted.subprotocol,
      open: (socket) => {
        // Others may have been let in between the answer to the upgrade and its socket.
        const full = this.#full(address);
        if (full === undefined) return new Placed(accepted.open(socket), this.#hold(address));
        this.#refusals.note(full.code);
        socket.close(DISCONNECTS.too_many_connections);
        return NOBODY;
      },
    };
  }

  /** Counts somebody who asks for a stream of events, before anything is done for it. Throws if it may not be had now. */
  knock(request: Request, peer: Peer): void {
    const error = this.#check(this.addressOf(request, peer));
    if (error !== undefined) throw error;
  }

  /** Takes a place for a stream of events; the function that it returns gives the place back. Throws if all are taken. */
  enter(request: Request, peer: Peer): () => void {
    const address = this.addressOf(request, peer);
    const error = this.#full(address); // others may have been let in since it knocked
    if (error !== undefined) throw error;
    return this.#hold(address);
  }

  #isListed(address: string): boolean {
    return !this.#denied.has(address) && (this.#allowed?.has(address) ?? true);
  }

  /** Why an address may not connect now. Refused attempts count too, so whoever goes on trying stays outside. */
  #check(address: string): CodedError | undefined {
    const now = performance.now();
    const waitMs = isOwnMachine(address)
      ? this.#connects.take(ALL, now)
      : this.#connectsPerAddress.take(addressKey(address), now) || this.#connects.take(ALL, now);
    return waitMs > 0 ? tooFast(address, waitMs) : this.#full(address);
  }

  #full(address: string): CodedError | undefined {
    const { connections, connectionsPerAddress } = this.#config.limits;
    if (this.#openInAll >= connections) {
      return tooMany(`this server has ${this.#openInAll} connections`, connections);
    }
    const open = this.#open.get(addressKey(address)) ?? 0;
    if (open < connectionsPerAddress || isOwnMachine(address)) return undefined;
    return tooMany(`${addressKey(address)} has ${open} connections`, connectionsPerAddress);
  }

  /** Counts a connection. The function that it returns uncounts it, once. */
  #hold(address: string): () => void {
    const key = addressKey(address);
    let isHeld = true;
    this.#openInAll++;
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#openInAll--;
      const left = (this.#open.get(key) ?? 0) - 1;
      if (left > 0) this.#open.set(key, left);
      else this.#open.delete(key);
    };
  }

  #answer({ code, message, options: { retryAfterMs } }: CodedError): Response {
    this.#refusals.note(code);
    return Response.json({ code, message, retry_after_ms: retryAfterMs }, {
      status: ERRORS[code].status,
      headers: retryAfterMs === undefined ? {} : { "retry-after": retryAfterSeconds(retryAfterMs) },
    });
  }
}

/** The value of the header `Retry-After`. */
export function retryAfterSeconds(ms: number): string {
  return String(Math.ceil(ms / 1000));
}

const NOBODY: SocketEvents = { message() {}, control() {}, tooBig() {}, closing() {}, close() {} };

/** A connection that has a place. This is a class because closures would take more memory for each connection. */
class Placed implements SocketEvents {
  readonly #events: SocketEvents;
  readonly #leave: () => void;

  constructor(events: SocketEvents, leave: () => void) {
    this.#events = events;
    this.#leave = leave;
  }

  message(data: string | Uint8Array): void {
    this.#events.message(data);
  }

  control(): void {
    this.#events.control();
  }

  tooBig(): void {
    this.#events.tooBig();
  }

  closing(): void {
    this.#events.closing();
  }

  close(isSilent?: boolean): void {
    this.#leave();
    this.#events.close(isSilent);
  }
}

function denied(address: string): CodedError {
  return new CodedError("address_denied", `The address ${address} may not use this server`);
}

function tooFast(address: string, waitMs: number): CodedError {
  return new CodedError(
    "rate_limited",
    `Cannot connect from ${address} now: there were too many connects, wait ${waitMs} ms`,
    { retryAfterMs: waitMs },
  );
}

function tooMany(what: string, limit: number): CodedError {
  return new CodedError(
    "too_many_connections",
    `Cannot connect now: ${what}, the limit is ${limit}`,
    { retryAfterMs: RETRY_MS },
  );
}
