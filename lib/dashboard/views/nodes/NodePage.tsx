/** One node: what it is, how it is, and its last hour. */
import type { HistoryPoint, Node } from "../../api/shapes.ts";
import { LineChart } from "../../charts/LineChart.tsx";
import { last, peak, spanOf, valuesOf } from "../../charts/series.ts";
import { Card } from "../../kit/Card.tsx";
import { Facts } from "../../kit/Facts.tsx";
import { Pill } from "../../kit/Pill.tsx";
import { Empty } from "../../kit/States.tsx";
import { Time } from "../../kit/Time.tsx";
import { bytes, count, duration, milliseconds, minute, rate } from "../../state/format.ts";
import { healthOf } from "./health.ts";
import { NodeDrain } from "./NodeDrain.tsx";
import { SickNodes } from "./SickNodes.tsx";

interface Chart {
  readonly title: string;
  readonly note?: string;
  readonly color: number;
  readonly pick: (point: HistoryPoint) => number | null;
  readonly show: (value: number) => string;
  readonly isBinary?: boolean;
}

const CHARTS: readonly Chart[] = [
  { title: "Connections", color: 1, pick: ({ connections }) => connections, show: count },
  {
    title: "Deliveries",
    note: "per second",
    color: 1,
    pick: ({ deliveries }) => deliveries,
    show: rate,
  },
  {
    title: "Latency p99",
    note: "accepted to acknowledged",
    color: 3,
    pick: ({ latency_p99 }) => latency_p99,
    show: milliseconds,
  },
  { title: "Loop lag p99", color: 3, pick: ({ lag_p99 }) => lag_p99, show: milliseconds },
  {
    title: "CPU",
    note: "cores",
    color: 2,
    pick: ({ cpu }) => cpu,
    show: (value) => value.toFixed(2),
  },
  { title: "Memory", color: 4, pick: ({ rss }) => rss, show: bytes, isBinary: true },
];

export function NodePage({ node }: { node: Node | undefined }) {
  if (node === undefined) {
    return (
      <Empty
        icon="nodes"
        text="There is no such node. One that has ended is gone at once, one that is silent after five minutes."
      />
    );
  }
  const now = Date.now() / 1000;
  const span = spanOf(60, now);
  const { tone, word } = healthOf(node);
  const markers = node.started_at > span.from ? [{ at: node.started_at, label: "started" }] : [];
  return (
    <>
      <SickNodes nodes={[node]} />
      <div class="grid">
        <Card
          title={node.name}
          note={node.id}
          actions={
            <div class="card-tools">
              <Pill tone={tone}>{word}</Pill>
              <NodeDrain node={node} />
            </div>
          }
        >
          <Facts
            facts={[
              ["Version", node.version],
              ["Up", duration(now - node.started_at)],
              ["Started", <Time key="started" at={node.started_at} />],
              ["Last word", <Time key="seen" at={node.seen_at} isAgo />],
              ["Connections", count(node.connections)],
              ["Users", count(node.users)],
              ["Rooms", count(node.rooms)],
              ["CPU", `${node.cpu.toFixed(2)} cores`],
              ["Memory", bytes(node.memory.rss)],
              ["Heap", `${bytes(node.memory.heap_used)} of ${bytes(node.memory.heap_total)}`],
              [
                "Loop lag p50, p99, most",
                [node.loop_lag_ms.p50, node.loop_lag_ms.p99, node.loop_lag_ms.max].map(milliseconds)
                  .join(", "),
              ],
              [
                "Latency p50, p99",
                [node.latency_ms.p50, node.latency_ms.p99].map(milliseconds).join(", "),
              ],
              ["Publications/s", rate(node.rates.publications)],
              ["Deliveries/s", rate(node.rates.deliveries)],
              ["Requests/s", rate(node.rates.requests)],
              ["Dropped/s", rate(node.rates.dropped)],
            ]}
          />
        </Card>
        {CHARTS.map(({ title, note, color, pick, show, isBinary }) => {
          const values = valuesOf(node, span, pick);
          const top = peak(values);
          return (
            <Card key={title} title={title} note={note} width={4}>
              <LineChart
                {...{ span, markers, show, isBinary }}
                lines={[{ name: title, color, values }]}
                summary={`${title} of the last hour: ${
                  top === undefined
                    ? "nothing yet"
                    : `${show(last(values) ?? 0)} now, at most ${show(top.value)} at ${
                      minute(span.from + top.step * span.seconds)
                    }`
                }`}
              />
            </Card>
          );
        })}
      </div>
    </>
  );
}
