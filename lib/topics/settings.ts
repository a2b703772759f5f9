/** The settings of topics: how much of their events is kept, and what subscriptions may cost. */
import { limit } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";
import type { HistoryRule } from "../rooms/rules/history_rules.ts";
import { historyRules } from "../rooms/settings.ts";

export interface TopicsConfig {
  /** How much of a topic's events is kept; the first rule that matches counts. */
  readonly history: readonly HistoryRule[];
  /** Most subscriptions of one connection. */
  readonly subscriptions: number;
  /** Most different sets of keys by which the subscribers of one topic filter, on one node. */
  readonly filters: number;
  /** Bytes of events that a node has at hand for those who come back, of all topics together. */
  readonly cacheBytes: number;
}

export const topics = slice({
  name: "topics",
  title: "Topics",
  settings: {
    APP_TOPIC_HISTORY: {
      default: "*=1000/3600",
      help:
        "Events kept of a topic, and seconds after its last: `pattern=size/seconds`, the first match counts",
      kind: historyRules,
    },
    APP_LIMIT_SUBSCRIPTIONS: {
      default: "1000",
      help: "Subscriptions to topics that one client may have",
      kind: limit,
    },
    APP_LIMIT_FILTERS: {
      default: "64",
      help: "Different sets of keys by which the subscribers of one topic may filter",
      kind: limit,
    },
    APP_LIMIT_TOPIC_CACHE: {
      default: "67108864",
      help: "Bytes of topics' events that a node has at hand for clients that come back",
      kind: limit,
    },
  },
  config: (read): TopicsConfig => ({
    history: read.value("APP_TOPIC_HISTORY"),
    subscriptions: read.value("APP_LIMIT_SUBSCRIPTIONS"),
    filters: read.value("APP_LIMIT_FILTERS"),
    cacheBytes: read.value("APP_LIMIT_TOPIC_CACHE"),
  }),
});
