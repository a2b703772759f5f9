/**
 * How `/metrics` calls what parts count: the names that `GET /api/stats` has become families with labels where several count
 * the same thing for different reasons. A name that no rule takes stays, so a new metric needs no line here.
 */
import type { Family, Labels, Metric, Sample } from "../core/metrics.ts";

interface Rule {
  /** The names that it takes. */
  readonly names: RegExp;
  readonly family: string;
  /** Explains the whole family. @default the metric's own words, where the family has no other */
  readonly help?: string;
  /** @param match of the name */
  labels?(match: readonly string[]): Labels;
  /** By what a value is multiplied, to be in a base unit. */
  readonly scale?: number;
}

const MESSAGE_KINDS: Readonly<Record<string, string>> = {
  messages: "room",
  events: "event",
  topic_publications: "topic",
  chat_messages: "conversation",
  notifications: "notification",
};

const RULES: readonly Rule[] = [
  {
    names: new RegExp(`^(${Object.keys(MESSAGE_KINDS).join("|")})$`),
    family: "messages",
    help: "What this node has taken from people and systems to be delivered, by kind.",
    labels: ([, name = ""]) => ({ kind: MESSAGE_KINDS[name] ?? name }),
  },
  {
    names: /^refused_(\w+)$/,
    family: "refused",
    help: "Frames, requests and connects that were refused, by reason.",
    labels: reason,
  },
  {
    names: /^dropped_(taken|queued)$/,
    family: "inbox_dropped",
    help: "Notifications that left a full inbox or were too old, by whether a client had got them.",
    labels: ([, state = ""]) => ({ state }),
  },
  { names: /^dropped_history$/, family: "history_dropped" },
  {
    names: /^dropped_(\w+)$/,
    family: "dropped",
    help: "Connections that were closed for what their clients did or did not do, by reason.",
    labels: reason,
  },
  {
    names: /^closed_(\w+)$/,
    family: "closed",
    help: "Connections that were closed for a revocation, a block or an operator, by reason.",
    labels: reason,
  },
  {
    names: /^api_(unauthorized|forbidden|throttled)$/,
    family: "api_refused",
    help: "Calls of the HTTP API that were refused for who calls, by reason.",
    labels: reason,
  },
  { names: /^connections$/, family: "connections_accepted" },
  { names: /^pushes$/, family: "push" },
  { names: /^scheduled$/, family: "scheduled_accepted" },
  {
    names: /^asks_ms$/,
    family: "asks_seconds",
    help: "Seconds that questions took, in all.",
    scale: 1 / 1000,
  },
  { names: /^files_bytes_(received|sent)$/, family: "files_$1_bytes" },
];

function reason([, why = ""]: readonly string[]): Labels {
  return { reason: why };
}

/** A metric as a part of a family. */
export function familyOf(metric: Metric): Family {
  const { name, help, type, labels } = metric;
  for (const rule of RULES) {
    const match = rule.names.exec(name);
    if (match === null) continue;
    const { family, scale = 1 } = rule;
    const all = { ...rule.labels?.(match), ...labels };
    return {
      ...{ type, help: rule.help ?? help, name: name.replace(rule.names, family) },
      samples: () => one({ labels: all, value: metric.read() * scale }),
    };
  }
  return { name, help, type, samples: () => one({ labels, value: metric.read() }) };
}

function one({ labels, value }: { labels: Labels | undefined; value: number }): Sample[] {
  return [{ ...(labels && { labels }), value }];
}
