/** What an endpoint is told of events, and how. */
import type { Metric } from "../../core/metrics.ts";
import type { Telling, TellingCounters } from "../sender.ts";
import { type AppEvent, eventOnWire } from "./event.ts";
import type { EventLog } from "./store.ts";

/** Most events in one request. */
const BATCH_SIZE = 500;

export function eventsTelling(name: string, logSize: number): Telling<AppEvent> {
  return {
    what: "events",
    endpoint: `the endpoint "${name}"`,
    batchSize: BATCH_SIZE,
    logSize,
    bodyOf: (events) => JSON.stringify({ type: "events", events: events.map(eventOnWire) }),
  };
}

/** What is counted of one endpoint. */
export class EndpointCounters implements TellingCounters {
  readonly sent = { value: 0 };
  readonly failed = { value: 0 };
  readonly dropped = { value: 0 };

  /** @param endpoint absent where there is none: then all are shown as 0 */
  metrics(endpoint?: string, log: Pick<EventLog, "waiting"> = { waiting: 0 }): Metric[] {
    const labels: Record<string, string> = endpoint === undefined ? {} : { endpoint };
    const counter = (name: string, help: string, count: { readonly value: number }): Metric => ({
      ...{ name, help, labels },
      type: "counter",
      read: () => count.value,
    });
    return [
      counter("hook_sent", "Events that an endpoint took.", this.sent),
      counter("hook_failed", "Requests to an endpoint that failed.", this.failed),
      counter("hook_dropped", "Events for an endpoint that were given up.", this.dropped),
      {
        ...{ name: "hook_waiting", labels, type: "gauge" },
        help: "Events that wait for an endpoint, on the node that tells it.",
        read: () => log.waiting,
      },
    ];
  }
}
