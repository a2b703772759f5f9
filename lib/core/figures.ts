/**
 * What a node measures beside what it counts: its connections by how they speak, how they end, and how long things take.
 * Times are of a sample, of up to a hundred publications a second, so that the way of a message costs no more for them.
 */
import type { Disconnect } from "../base/errors.ts";
import { DISCONNECTS } from "../base/errors.ts";
import type { Connection } from "./connection.ts";
import { type Family, Histogram, Labelled } from "./metrics.ts";

/** How many publications are measured in a second. */
const MEASURED_A_SECOND = 100;

/** How many others go by between two looks at the clock. */
const LOOK_EVERY = 64;

/** Most publications that are under way and measured; past so many the oldest are forgotten. */
const MOST_UNDER_WAY = 1000;

/** The code of a connection that the server did not close: its client did, or the network. */
const NOT_OURS = "none";

/** A publication that is measured. */
interface UnderWay {
  /** When it was accepted, on `performance.now()`'s clock. */
  readonly at: number;
  isWritten: boolean;
}

export class NodeFigures {
  readonly handshakes: Histogram = new Histogram(
    "handshake_seconds",
    "From when a client asked for a WebSocket or a stream until it was open, its token checked.",
  );
  readonly acknowledged: Histogram = deliverTimes("acknowledged");
  readonly #written = deliverTimes("written");
  readonly #publish = new Histogram(
    "publish_seconds",
    "How long the engine took until it had a publication or a notification, of up to 100 a second.",
  );
  readonly #open = new Labelled(
    "gauge",
    "connections",
    "Connections of clients that are open right now, by protocol, transport and listener.",
    ["protocol", "transport", "listener"],
  );
  readonly #disconnects = new Labelled(
    "counter",
    "disconnects",
    "Connections that ended, by the code with which the server closed them, or none.",
    ["code"],
  );
  readonly #recovered = new Labelled(
    "counter",
    "recovered",
    "Times that a client came back for what it had missed, by whether it got all of it.",
    ["of", "result"],
  );
  readonly #listener: string;
  readonly #underWay = new Map<string, UnderWay>();
  /** How many more are measured before the next look at the clock. */
  #left = MEASURED_A_SECOND;
  #skipped = 0;
  #nextAt = 0;

  /** @param listener the name of what accepts connections */
  constructor(listener: string) {
    this.#listener = listener;
    for (const { code } of Object.values(DISCONNECTS)) this.#disconnects.at(String(code));
    this.#disconnects.at(NOT_OURS);
    for (const of of RECOVERED) for (const result of RESULTS) this.#recovered.at(of, result);
  }

  get families(): readonly Family[] {
    return [
      ...[this.#open, this.#disconnects, this.#recovered, this.handshakes, this.#publish],
      ...[this.#written, this.acknowledged],
    ];
  }

  opened(connection: Connection): void {
    this.#openLike(connection).value++;
  }

  /** @param closedWith absent where the server did not close the connection */
  ended(connection: Connection, closedWith: Disconnect | undefined): void {
    this.#openLike(connection).value--;
    this.#disconnects.at(closedWith === undefined ? NOT_OURS : String(closedWith.code)).value++;
  }

  /** A client came back to a position, and got all that it had missed, or not. */
  recovered(of: typeof RECOVERED[number], gotAll: boolean): void {
    this.#recovered.at(of, gotAll ? "recovered" : "lost").value++;
  }

  /** A publication goes to the engine. Says when, if it is measured. */
  begins(id: string): number | undefined {
    if (this.#left === 0 && !this.#mayGoOn()) return undefined;
    this.#left--;
    const at = performance.now();
    if (this.#underWay.size >= MOST_UNDER_WAY) {
      this.#underWay.delete(this.#underWay.keys().next().value ?? "");
    }
    this.#underWay.set(id, { at, isWritten: false });
    return at;
  }

  /** The engine has a publication that is measured. */
  taken(beganAt: number): void {
    this.#publish.observe((performance.now() - beganAt) / 1000);
  }

  /** A publication was handed to the sockets of its receivers here. It runs for every publication, once for all receivers. */
  written(id: string): void {
    if (this.#underWay.size === 0) return;
    const sent = this.#underWay.get(id);
    if (sent === undefined || sent.isWritten) return;
    sent.isWritten = true;
    this.#written.observe((performance.now() - sent.at) / 1000);
  }

  #openLike({ protocol, transport }: Connection) {
    return this.#open.at(protocol.name, transport, this.#listener);
  }

  #mayGoOn(): boolean {
    if (++this.#skipped % LOOK_EVERY !== 0) return false;
    const now = performance.now();
    if (now < this.#nextAt) return false;
    this.#nextAt = now + 1000;
    this.#left = MEASURED_A_SECOND;
    return true;
  }
}

const RECOVERED = ["room", "topic", "inbox"] as const;
const RESULTS = ["recovered", "lost"] as const;

function deliverTimes(stage: "written" | "acknowledged"): Histogram {
  return new Histogram(
    "deliver_seconds",
    "From when this node accepted something until it was written to its own connections, or acknowledged by one of them.",
    { labels: { stage } },
  );
}
