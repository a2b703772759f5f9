/** What is counted and measured of devices and pushes. */
import { Counter, type Metric } from "../core/metrics.ts";
import type { RefusalCounters } from "../core/refusals.ts";
import type { ProviderName, PushResult } from "./types.ts";

export type PushCounters = ReturnType<typeof pushCounters>;

export function pushCounters() {
  return {
    registered: new Counter("devices_registered", "Devices that were registered."),
    dropped: new Counter(
      "devices_dropped",
      "Devices that went since their user registered more than one may have.",
    ),
    revoked: new Counter(
      "devices_revoked",
      "Devices that went since the session was revoked that had registered them.",
    ),
    gone: new Counter("devices_gone", "Devices that went since their provider knows them no more."),
  };
}

/** Counts what providers have said, by provider and result. */
export class ResultCounters {
  readonly #counts = new Map<string, number>();

  note(provider: ProviderName, result: PushResult["result"]): void {
    const key = keyOf(provider, result);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** @param providers those that the server is set up for */
  metrics(providers: Iterable<ProviderName>): Metric[] {
    return [...providers].flatMap((provider) =>
      RESULTS.map((result): Metric => ({
        name: "pushes",
        help: "Pushes by what the provider has said.",
        type: "counter",
        labels: { provider, result },
        read: () => this.#counts.get(keyOf(provider, result)) ?? 0,
      }))
    );
  }
}

export function pushGauges(
  sender: { readonly lagSeconds: number },
  breakers: { readonly resting: number },
): Metric[] {
  return [
    {
      name: "pushes_lag_seconds",
      help: "How long the push has been due that waits for longest, by the last look of this node.",
      type: "gauge",
      read: () => sender.lagSeconds,
    },
    {
      name: "pushes_resting",
      help: "Push services that this node does not ask for a while, since they fail.",
      type: "gauge",
      read: () => breakers.resting,
    },
  ];
}

const RESULTS: readonly PushResult["result"][] = ["taken", "gone", "later", "refused"];

function keyOf(provider: string, result: string): string {
  return `${provider} ${result}`;
}

export function pushRefusals() {
  return {
    too_many_devices: new Counter(
      "refused_devices",
      "Devices beyond those that one user may have, which an application wanted to register.",
    ),
  } satisfies RefusalCounters;
}
