/** What is counted of the ways by which other systems bring things over Redis. */
import { Counter } from "../core/metrics.ts";

export type BridgeCounters = ReturnType<typeof bridgeCounters>;

/** What is counted of one stream. */
export interface StreamCounters {
  readonly received: Counter;
  readonly stored: Counter;
  readonly refused: Counter;
}

export function bridgeCounters() {
  return {
    received: new Counter("bridge_received", "Payloads that were heard on the channels."),
    routed: new Counter(
      "bridge_routed",
      "Payloads that this node stored as notifications, or published.",
    ),
    refused: new Counter("bridge_refused", "Payloads that this node could not store or publish."),
    cutOff: new Counter(
      "bridge_cut_off",
      "Times that this node did not hear the channels for a while, since its connection to Redis was lost.",
    ),
    gaps: new Counter(
      "bridge_gaps",
      "Times that payloads may be lost, since no node went on that had heard all of them.",
    ),
  };
}

export function streamCounters(): StreamCounters {
  return {
    received: new Counter(
      "stream_received",
      "Entries of the stream of notifications that this node was given.",
    ),
    stored: new Counter("stream_stored", "Entries that this node stored as notifications."),
    refused: new Counter("stream_refused", "Entries that this node could not read."),
  };
}

export function publicationStreamCounters(): StreamCounters {
  return {
    received: new Counter(
      "publications_received",
      "Entries of the stream of publications that this node was given.",
    ),
    stored: new Counter("publications_published", "Entries of it that this node published."),
    refused: new Counter("publications_refused", "Entries of it that this node could not publish."),
  };
}
