/** What is counted of connections that are closed or refused because of a revocation, a block, or an operator. */
import { type Disconnect, DISCONNECTS } from "../../base/errors.ts";
import { Counter, type Metric } from "../../core/metrics.ts";
import type { RefusalCounters } from "../../core/refusals.ts";

/** Counts what is refused with the codes of revocations. */
export function revocationRefusals(): RefusalCounters {
  return {
    revoked_token: new Counter(
      "refused_revoked",
      "Frames and requests with a token that was revoked.",
    ),
    blocked: new Counter("refused_blocked", "Frames and requests as a user who is blocked."),
  };
}

export class EvictionCounters {
  readonly #counters: ReadonlyMap<number, Counter> = new Map([
    [
      DISCONNECTS.token_revoked.code,
      new Counter(
        "closed_revoked",
        "Connections that were closed because their token was revoked.",
      ),
    ],
    [
      DISCONNECTS.blocked.code,
      new Counter("closed_blocked", "Connections that were closed because their user was blocked."),
    ],
    [
      DISCONNECTS.disconnected.code,
      new Counter(
        "closed_disconnected",
        "Connections that were closed because an operator disconnected their user.",
      ),
    ],
  ]);

  /** Counts a connection that was closed with this code, if there is a counter for it. */
  note({ code }: Disconnect): void {
    const counter = this.#counters.get(code);
    if (counter !== undefined) counter.value++;
  }

  get metrics(): readonly Metric[] {
    return [...this.#counters.values()];
  }
}
