/** What is counted of questions and their answers. */
import { Counter, type Metric } from "../core/metrics.ts";

/** @param underWay how many questions are under way right now */
export function askMetrics(underWay: () => number) {
  return {
    asked: new Counter("asks_asked", "Questions that an application was asked."),
    refused: new Counter("asks_refused", "Answers that were no, kept ones too."),
    failed: new Counter("asks_failed", "Questions that got no answer that could be read."),
    cached: new Counter(
      "asks_cached",
      "Questions that were not asked, since their answer was kept or on its way.",
    ),
    ms: new Counter("asks_ms", "Milliseconds that questions took, in all."),
    underWay: {
      name: "asks_under_way",
      help: "Questions that are under way right now.",
      type: "gauge",
      read: underWay,
    } satisfies Metric,
  };
}
