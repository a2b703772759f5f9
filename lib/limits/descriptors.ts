/**
 * How many connections this process can hold: each takes a file descriptor, and so do Redis, the store, the disk and
 * outgoing calls. `listeners/accepting.ts` is what happens where they run out all the same.
 */
import { closeSync, openSync } from "node:fs";
import { getLogger } from "@logtape/logtape";

const log = getLogger(["notifyli", "descriptors"]);

/** By its whole path, as the server's permission to run it is. It prints what it inherits: the limit of this process. */
const GETCONF = "/usr/bin/getconf";

/** Where the limit cannot be found out: what most systems give. */
const ASSUMED_LIMIT = 1024;

/** Kept for all that is no connection: so many, or this share of the limit, whichever is more. */
const LEAST_RESERVE = 64;
const RESERVE_SHARE = 0.05;
/** A process with few descriptors keeps this share of what is left of them. */
const MOST_RESERVE_SHARE = 0.5;

/** Connections beside those of clients, for the page, the API and health checks: so many, and never more than the share. */
const HTTP_CONNECTIONS = 1000;
const HTTP_SHARE = 0.1;

/** What `listen` takes by default; all of them may be accepted in one turn of the event loop. */
const MOST_WAITING = 511;

/** Can be opened by every server, since the permissions to read begin with it. */
const ANY_FILE = ".";

export interface Descriptors {
  /** As many may be open at once. */
  readonly limit: number;
  /** The limit is that of this process, and no assumption. */
  readonly isKnown: boolean;
  readonly open: number;
}

export interface Places {
  /** Connections of clients, at most. */
  readonly clients: number;
  /** Connections of all kinds. */
  readonly all: number;
  /** Descriptors that are kept for all that is no connection. */
  readonly reserve: number;
  /** Connections that may wait to be accepted. */
  readonly waiting: number;
}

/** Looks what this process may open, and has open. Never rejects. */
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
 * @param asked for clients by the configuration; `Infinity` for as many as there can be
 */
export function sharePlaces(descriptors: Descriptors, asked: number): Places {
  const { limit, open } = descriptors;
  const wished = Math.max(LEAST_RESERVE, Math.ceil(limit * RESERVE_SHARE));
  // Who names a number knows more than an assumption does.
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

/** A limit that lets so many clients in, in round thousands. */
function neededFor(clients: number, { open }: Descriptors): number {
  const least = (clients + HTTP_CONNECTIONS + open + LEAST_RESERVE) / (1 - RESERVE_SHARE);
  return Math.ceil(least / 1000) * 1000;
}

function places(clients: number, all: number, reserve: number): Places {
  const waiting = Math.max(1, Math.min(MOST_WAITING, Math.floor(reserve / 2)));
  return { clients, all, reserve, waiting };
}

/** File descriptors that are held open so that something else can have their places when there are no others. */
export class SpareDescriptors implements Disposable {
  readonly #count: number;
  readonly #held: number[] = [];

  /** Holds none until {@linkcode SpareDescriptors.take}. */
  constructor(count: number) {
    this.#count = count;
  }

  /** Holds all of them, or none: says which. */
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
      reason: error instanceof Error ? error.message : String(error),
    });
  }
  return undefined;
}

/** The number of a descriptor that is opened now: all below it are in use. */
function lowestFree(): number | undefined {
  try {
    const descriptor = openSync(ANY_FILE, "r");
    closeSync(descriptor);
    return descriptor;
  } catch {
    return undefined;
  }
}
