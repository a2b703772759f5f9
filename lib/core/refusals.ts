/** Counts what is refused by the code of its error: frames, requests and connects alike. */
import { type CodedError, type ErrorCode, ERRORS } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import type { Connection } from "./connection.ts";
import { Counter, type Metric } from "./metrics.ts";
import { RefusalLog } from "./refusal_log.ts";

/** A counter for some of the codes. */
export type RefusalCounters = { readonly [Code in ErrorCode]?: Counter };

export class Refusals {
  readonly #counters: RefusalCounters = refusalCounters();
  readonly log: RefusalLog = new RefusalLog();
  #witness: ((connection: Connection, code: ErrorCode) => void) | undefined;

  /** The counters of a capability's own codes. */
  add(counters: RefusalCounters): void {
    Object.assign(this.#counters, counters);
  }

  /** Counts what was refused with this code, if there is a counter for it. */
  note(code: ErrorCode): void {
    const counter = this.#counters[code];
    if (counter !== undefined) counter.value++;
  }

  /** Has somebody told of each frame that is refused. One capability does. */
  witnessBy(witness: (connection: Connection, code: ErrorCode) => void): void {
    this.#witness = witness;
  }

  /** Counts a frame that was refused, and logs it if its client has to be changed first. */
  noteFrame(
    { code, options: { field } }: CodedError,
    frame: Fields | undefined,
    connection: Connection,
  ): void {
    this.note(code);
    this.#witness?.(connection, code);
    if (ERRORS[code].temporary) return;
    const type = typeOf(frame);
    this.log.note(
      `frame ${code} ${type} ${field}`,
      "a frame was refused, and its client was told why: {code} (type {type}, field {field})",
      { code, type, field: field ?? "-", client: connection.id },
    );
  }

  get metrics(): readonly Metric[] {
    return Object.values(this.#counters);
  }
}

/** The type of a frame, if it looks like one: the log shows nothing that people have written. */
function typeOf(frame: Fields | undefined): string {
  const type = frame?.["type"];
  return typeof type === "string" && /^\w{1,40}$/.test(type) ? type : "-";
}

function refusalCounters() {
  return {
    rate_limited: new Counter(
      "refused_rate",
      "Frames, requests and connects that came faster than they may.",
    ),
    too_many_connections: new Counter(
      "refused_connections",
      "Connects beyond the connections that there may be.",
    ),
    address_denied: new Counter(
      "refused_address",
      "Requests from addresses that may not use this server.",
    ),
    host_denied: new Counter(
      "refused_host",
      "Requests by host names that this server may not be called by.",
    ),
    too_long: new Counter(
      "refused_too_long",
      "Frames and requests with a field or a body over its limit.",
    ),
    too_slow: new Counter("refused_too_slow", "Requests whose body took too long to come."),
    invalid_field: new Counter(
      "refused_invalid",
      "Frames and requests with a field of a wrong type or value.",
    ),
    forbidden: new Counter(
      "refused_forbidden",
      "Frames and requests of pages and callers that may not do this.",
    ),
  };
}
