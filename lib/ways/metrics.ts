/** What is counted of the ways by which other systems bring notifications over Redis. */
import { Counter } from "../core/metrics.ts";

export type BridgeCounters = ReturnType<typeof bridgeCounters>;
export type StreamCounters = ReturnType<typeof streamCounters>;

export function bridgeCounters() {
  return {
    received: new Counter("bridge_received", "Payloads that were heard on the message channel."),
    routed: new Counter("bridge_routed", "Payloads that this node stored as notifications."),
    refused: new Counter("bridge_refused", "Payloads that this node could not store."),
    cutOff: new Counter(
      "bridge_cut_off",
      "Times that this node did not hear the message channel for a while, since its connection to Redis was lost.",
    ),
    gaps: new Counter(
      "bridge_gaps",
      "Times that payloads may be lost, since no node went on that had heard all of them.",
    ),
  };
}

export function streamCounters() {
  return {
    received: new Counter("stream_received", "Entries of the stream that this node was given."),
    stored: new Counter("stream_stored", "Entries that this node stored as notifications."),
    refused: new Counter("stream_refused", "Entries that this node could not read."),
  };
}
