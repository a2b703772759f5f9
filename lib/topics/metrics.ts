/** What is counted of topics. */
import { Counter, type Metric } from "../core/metrics.ts";
import type { RefusalCounters } from "../core/refusals.ts";

/** What there is of topics on a node. */
interface TopicFigures {
  readonly count: number;
  readonly subscriptions: number;
  readonly cached: number;
}

export function topicMetrics(topics: TopicFigures): readonly Metric[] {
  return [
    {
      name: "topics",
      help: "Topics to which a client of this node has subscribed.",
      type: "gauge",
      read: () => topics.count,
    },
    {
      name: "topic_subscriptions",
      help: "Subscriptions to topics of the clients of this node.",
      type: "gauge",
      read: () => topics.subscriptions,
    },
    {
      name: "topic_cached",
      help: "Events of topics that this node has at hand for clients that come back.",
      type: "gauge",
      read: () => topics.cached,
    },
  ];
}

/** Counts what is refused with the codes of topics. */
export function topicRefusals(): RefusalCounters {
  return {
    too_many_subscriptions: new Counter(
      "refused_subscriptions",
      "Frames of clients that had as many subscriptions to topics, or watched as many users, as one may.",
    ),
    too_many_filters: new Counter(
      "refused_filters",
      "Frames with a filter by other keys, of a topic with as many sets of keys as it may have.",
    ),
  };
}
