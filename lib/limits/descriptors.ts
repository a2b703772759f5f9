/**
 * Finds out how many connections this process can hold: each takes a file descriptor, and so do Redis, the store and
 * outgoing calls. `listeners/accepting.ts` acts if descriptors run out all the same.
 */
import { closeSync, openSync } from "node:fs";
import { logFor } from "../base/log.ts";
import { reasonOf } from "../base/reason.ts";

const log = logFor("descriptors");

/**
 * The whole path, since the server's permission to run it names that. The program prints the limit that it inherits,
 * which is this process's.
 */
const GETCONF = "/usr/bin/getconf";

/** The limit of most systems, which is assumed if it cannot be found out. */
const ASSUMED_LIMIT = 1024;

/** How many descriptors are kept for other things than connections, at the least. */
const LEAST_RESERVE = 64;
/** The part of the limit that is kept for other things than connections, if that is more. */
const RESERVE_SHARE = 0.05;
/** The most that is kept of the descriptors that are left, if these are few. */
const MOST_RESERVE_SHARE = 0.5;

/** How many connections the page, the API and health checks may have beside those of clients. */
const HTTP_CONNECTIONS = 1000;
/** The most that these take of the possible connections, if these are few. */
const HTTP_SHARE = 0.1;

/** The default backlog of `listen`. All that wait may be accepted in one turn of the event loop. */
const MOST_WAITING = 511;

/** A path that every server may open, since it is among its permissions to read. */
const ANY_FILE = ".";

export interface Descriptors {
  /** How many may be open at once. */
  readonly limit: number;
  /** Whether the limit was found out, and not assumed. */
  readonly isKnown: boolean;
  /** How many are open. */
  readonly open: number;
}

export interface Places {
  /** How many connections clients may have. */
  readonly clients: number;
  /** How many connections of all kinds there may be. */
  readonly all: number;
  /** How many descriptors are kept for other things than connections. */
  readonly reserve: number;
  /** How many connections may wait to be accepted. */
  readonly waiting: number;
}

/** Finds out how many descriptors this process may open, and has open. Never rejects. */
export async function readDescriptors(): Promise<Descriptors> {
  const limit = await readLimit();
  return {
    limit: limit ?? ASSUMED_LIMIT,
    isKnown: limit !== undefined,
    open: lowestFree() ?? LEAST_RESERVE,
  };
}

/**
 * Shares the descriptors out.
 *
 * @param asked how many clients the configuration asks for; `Infinity` for as many as possible
 */
export function sharePlaces(descriptors: Descriptors, asked: number): Places {
  const { limit, open } = descriptors;
  const wished = Math.max(LEAST_RESERVE, Math.ceil(limit * RESERVE_SHARE));
  // Whoever configured a number knows more than the assumption.
  if (!descriptors.isKnown && Number.isFinite(asked)) {
    return places(asked, asked + HTTP_CONNECTIONS, wished);
  }
  const left = Math.max(limit - open, 0);
  const reserve = Math.min(wished, Math.floor(left * MOST_RESERVE_SHARE));
  const possible = Math.max(left - reserve, 1);
  const http = Math.min(HTTP_CONNECTIONS, Math.ceil(possible * HTTP_SHARE));
  const clients = Math.min(asked, Math.max(possible - http, 1));
  return places(clients, Math.min(clients + HTTP_CONNECTIONS, possible), reserve);
}

/** Says in the log how many connections there may be, and whether that is less than what was asked for. */
export function tellPlaces(found: Places, descriptors: Descriptors, asked: number): void {
  log.info(
    "room for {clients} clients, and {all} connections of all kinds: {limit} file descriptors" +
      "{assumed}, {open} open, {reserve} kept for the store and outgoing calls",
    { ...found, ...descriptors, assumed: descriptors.isKnown ? "" : " (assumed)" },
  );
  if (Number.isFinite(asked) && found.clients < asked) {
    log.warn(
      "APP_LIMIT_CONNECTIONS is {asked}, but this process has file descriptors for {clients} clients: raise " +
        "them to {needed} (LimitNOFILE in the unit, or ulimit -n)",
      { asked, clients: found.clients, needed: neededFor(asked, descriptors) },
    );
  }
}

/** The limit of descriptors that lets so many clients in, in round thousands. */
function neededFor(clients: number, { open }: Descriptors): number {
  const least = (clients + HTTP_CONNECTIONS + open + LEAST_RESERVE) / (1 - RESERVE_SHARE);
  return Math.ceil(least / 1000) * 1000;
}

function places(clients: number, all: number, reserve: number): Places {
  const waiting = Math.max(1, Math.min(MOST_WAITING, Math.floor(reserve / 2)));
  return { clients, all, reserve, waiting };
}

/** File descriptors that are held open, to be released for something more important when no others are left. */
export class SpareDescriptors implements Disposable {
  readonly #count: number;
  readonly #held: number[] = [];

  /** The new object holds no descriptor until {@linkcode SpareDescriptors.take}. */
  constructor(count: number) {
    this.#count = count;
  }

  /** Takes all spare descriptors, or none. Says which. */
  take(): boolean {
    try {
      while (this.#held.length < this.#count) this.#held.push(openSync(ANY_FILE, "r"));
      return true;
    } catch {
      this.release();
      return false;
    }
  }

  release(): void {
    for (const descriptor of this.#held.splice(0)) closeSync(descriptor);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

async function readLimit(): Promise<number | undefined> {
  try {
    const { stdout } = await new Deno.Command(GETCONF, {
      args: ["OPEN_MAX"],
      stdin: "null",
      stderr: "null",
    }).output();
    const text = new TextDecoder().decode(stdout).trim();
    if (/^[1-9]\d{0,15}$/.test(text)) return Number(text);
    log.debug("{program} OPEN_MAX printed {text}: a limit of {limit} file descriptors is assumed", {
      program: GETCONF,
      text,
      limit: ASSUMED_LIMIT,
    });
  } catch (error) {
    log.debug("cannot run {program}: a limit of {limit} file descriptors is assumed ({reason})", {
      program: GETCONF,
      limit: ASSUMED_LIMIT,
      reason: reasonOf(error),
    });
  }
  return undefined;
}

/** The number of a descriptor that is opened now. The system gives the lowest, so all below are in use. */
function lowestFree(): number | undefined {
  try {
    const descriptor = openSync(ANY_FILE, "r");
    closeSync(descriptor);
    return descriptor;
  } catch {
    return undefined;
  }
}
