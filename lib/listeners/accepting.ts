/**
 * Keeps a listener accepting. When the system has no file descriptor or memory for another connection, `Deno.serve` ends,
 * and `node:http` accepts nothing more without a word. Whoever is connected stays; this waits until there is room again,
 * and listens anew at the same address. If that fails, the server says so, and ends.
 */
import { logFor } from "../base/log.ts";
import { pause } from "../base/clock.ts";
import { reasonOf } from "../base/reason.ts";
import { Counter, type Metric } from "../core/metrics.ts";
import { SpareDescriptors } from "../limits/descriptors.ts";
import type { Listener, Pair } from "./listener.ts";
import { type Address, knock, type Knocked } from "./knock.ts";

const log = logFor("listener");

/** Accepts connections, and can begin again after it has stopped. */
export interface Door {
  /**
   * Begins to listen. Rejects if that fails.
   *
   * @param lost is called at most once, with the reason, if the door stops by itself
   */
  open(port: number, lost: (reason: string) => void): Promise<Address>;
  /** As {@linkcode Listener.renewCertificate}. */
  renewCertificate(pair: Pair): boolean;
  /** Stops listening; connections stay. Absent if the runtime cannot do that. */
  close?(): void;
  /** Stops listening; resolves when every connection is gone. @param answered resolves once the requests that have begun are answered */
  shutdown(answered: Promise<unknown>): Promise<void>;
}

interface AcceptingOptions {
  readonly port: number;
  /**
   * How many descriptors are held open while the door accepts. They are released for the store, Redis and outgoing calls
   * when accepting took the last one.
   */
  readonly spares: number;
}

/** The first pause between two tries. It is short, since a connection or two have mostly ended by then. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
/** How long a listener must accept again before the pauses start anew. */
const RECOVERED_MS = 10_000;

/** How long it tries. After that, a new process by systemd is sooner ready than this one. */
const GIVE_UP_MS = 30_000;

/** How often the server checks whether it accepts. */
const CHECK_MS = 5000;
/** How many seconds such a check waits for an answer. */
const CHECK_TICKS = 3;
/** After how many failed checks in a row the door is reopened. */
const REOPEN_AFTER = 2;
/** After how many failed checks in a row the server ends, if its door cannot be reopened. */
const END_AFTER = 6;
/** The results of a check that show that the server accepts nothing, in words. */
const DEAF: Readonly<Partial<Record<Knocked, string>>> = {
  silent: "it does not answer itself",
  refuses: "nobody listens at its own address",
  "no descriptor": "it has no file descriptor left",
};
/** What a check sends. It is no request, so the listener answers by itself, and the server neither counts nor judges it. */
const NO_REQUEST = "?\r\n\r\n";

export class Accepting implements Listener {
  readonly #door: Door;
  readonly #spares: SpareDescriptors;
  readonly #stopped = new Counter(
    "accept_stopped",
    "How often the listener had to begin anew because the system gave it no connection any more.",
  );
  readonly #failed = Promise.withResolvers<string>();
  readonly #stop = new AbortController();
  #address: Address;
  #isAccepting = false;
  #regainedAt = -Infinity;
  #pauseMs = FIRST_PAUSE_MS;
  /** Whether a check has ever been answered. Until then, silence may have other reasons. */
  #isReachable = false;
  #checking: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  private constructor(door: Door, { port, spares }: AcceptingOptions) {
    this.#door = door;
    this.#address = { host: "", port };
    this.#spares = new SpareDescriptors(spares);
  }

  /** Opens the door. Rejects if it cannot listen on the address. */
  static async open(door: Door, options: AcceptingOptions): Promise<Accepting> {
    const accepting = new Accepting(door, options);
    await accepting.#listen();
    accepting.#spares.take();
    accepting.#timer = setInterval(() => void accepting.#check(), CHECK_MS);
    void accepting.#check(); // sets #isReachable
    return accepting;
  }

  get host(): string {
    return this.#address.host;
  }

  get port(): number {
    return this.#address.port;
  }

  get metrics(): readonly Metric[] {
    return [this.#stopped];
  }

  renewCertificate(pair: Pair): boolean {
    return this.#door.renewCertificate(pair);
  }

  get failed(): Promise<string> {
    return this.#failed.promise;
  }

  async shutdown(answered: Promise<unknown> = Promise.resolve()): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    this.#spares.release();
    await this.#checking;
    await this.#door.shutdown(answered);
  }

  /** The door has stopped accepting: waits for room, and opens it again. */
  #lost(reason: string): void {
    if (!this.#isAccepting || this.#stop.signal.aborted) return;
    this.#isAccepting = false;
    this.#stopped.value++;
    this.#spares.release(); // comes first, since the store may need a descriptor right now
    log.error("accepts no connection: {reason}; who is connected stays, and it begins again", {
      reason,
      times: this.#stopped.value,
    });
    this.#door.close?.();
    if (performance.now() - this.#regainedAt > RECOVERED_MS) this.#pauseMs = FIRST_PAUSE_MS;
    void this.#regain(reason);
  }

  /** Checks whether the server accepts, and opens the door again if not. */
  #check(): Promise<void> {
    return this.#checking ??= this.#knock().finally(() => this.#checking = undefined);
  }

  async #knock(): Promise<void> {
    const enough = this.#door.close === undefined ? END_AFTER : REOPEN_AFTER;
    for (let failures = 0; this.#isAccepting && !this.#stop.signal.aborted;) {
      const knocked = await knock(this.#address, {
        request: NO_REQUEST,
        ticks: CHECK_TICKS,
        signal: this.#stop.signal,
      });
      if (knocked === "answers") this.#isReachable = true;
      const reason = DEAF[knocked];
      if (reason === undefined || !this.#isReachable) return;
      if (++failures === enough) return this.#deaf(reason);
    }
  }

  #deaf(reason: string): void {
    if (this.#door.close !== undefined) return this.#lost(reason);
    // This door cannot be closed without its connections, so the server ends, and clients come back to a new process. If
    // only descriptors are missing, the door stops by itself at the next connection.
    if (reason === DEAF["no descriptor"] || this.#stop.signal.aborted) return;
    if (this.#isAccepting) this.#fail(reason);
  }

  async #regain(reason: string): Promise<void> {
    const since = performance.now();
    let why = reason;
    while (performance.now() - since < GIVE_UP_MS) {
      await pause(this.#pauseMs, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
      try {
        if (!this.#spares.take()) continue;
        await this.#listen();
        if (!this.#isAccepting) return; // the door was lost again at once
        this.#regainedAt = performance.now();
        const seconds = Math.round((performance.now() - since) / 100) / 10;
        log.warn("accepts connections again after {seconds} s", { seconds });
        return;
      } catch (error) {
        this.#spares.release();
        why = reasonOf(error);
      }
    }
    if (!this.#stop.signal.aborted) this.#fail(why);
  }

  async #listen(): Promise<void> {
    let early: string | undefined;
    this.#address = await this.#door.open(this.port, (reason) => {
      early = reason;
      this.#lost(reason);
    });
    this.#isAccepting = true;
    if (early !== undefined) this.#lost(early);
  }

  #fail(reason: string): void {
    clearInterval(this.#timer);
    this.#isAccepting = false;
    this.#failed.resolve(reason);
  }
}
