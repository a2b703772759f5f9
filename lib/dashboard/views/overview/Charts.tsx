/** Connections, deliveries and latency of the last minutes. They stand still while somebody points at one. */
import { useRef, useState } from "preact/hooks";
import type { Node } from "../../api/shapes.ts";
import { Legend } from "../../charts/Legend.tsx";
import { type Line, LineChart, type Marker } from "../../charts/LineChart.tsx";
import {
  highest,
  last,
  peak,
  type Span,
  spanOf,
  summed,
  type Values,
  valuesOf,
} from "../../charts/series.ts";
import { Card } from "../../kit/Card.tsx";
import { count, milliseconds, minute, rate } from "../../state/format.ts";

export type Minutes = "10" | "30" | "60";

/** Lines that have a colour of their own; the others share one. */
const MOST_LINES = 4;

interface ChartsProps {
  nodes: readonly Node[];
  minutes: Minutes;
}

export function Charts({ nodes: current, minutes }: ChartsProps) {
  const [isHeld, setHeld] = useState(false);
  const held = useRef({ nodes: current, at: Date.now() / 1000 });
  if (!isHeld) held.current = { nodes: current, at: Date.now() / 1000 };
  const { nodes, at } = held.current;
  const span = spanOf(Number(minutes), at);
  const connections = linesOf(
    nodes,
    (node) => valuesOf(node, span, (point) => point.connections),
  );
  const deliveries = summed(nodes.map((node) => valuesOf(node, span, (point) => point.deliveries)));
  const p99 = highest(nodes.map((node) => valuesOf(node, span, (point) => point.latency_p99)));
  const p50 = highest(nodes.map((node) => valuesOf(node, span, (point) => point.latency_p50)));
  const markers = restarts(nodes, span);
  const restarted = markers.map(({ at, label }) => `; ${minute(at)} ${label}`).join("");
  const hold = { onPointerEnter: () => setHeld(true), onPointerLeave: () => setHeld(false) };
  return (
    <div class="charts" {...hold}>
      <Card title="Connections" width={4}>
        <LineChart
          {...{ span, markers }}
          lines={connections}
          isStacked
          show={count}
          summary={`Connections of the last ${minutes} minutes: ${
            saying(summed(connections.map(({ values }) => values)), span, count)
          }${restarted}`}
        />
        <Legend
          entries={connections.map(({ name, color, values }) => ({
            ...{ name, color },
            value: count(last(values) ?? 0),
          }))}
        />
      </Card>
      <Card title="Deliveries" note="per second" width={4}>
        <LineChart
          {...{ span, markers }}
          lines={[{ name: "Delivered", color: 1, values: deliveries }]}
          show={rate}
          summary={`Deliveries a second in the last ${minutes} minutes: ${
            saying(deliveries, span, rate)
          }`}
        />
        <Legend
          entries={[{ name: "Delivered", color: 1, value: `${rate(last(deliveries) ?? 0)}/s` }]}
        />
      </Card>
      <Card title="Latency" note="accepted to acknowledged" width={4}>
        <LineChart
          {...{ span, markers }}
          lines={[{ name: "p99", color: 3, values: p99 }, { name: "p50", color: 1, values: p50 }]}
          show={milliseconds}
          summary={`Latency in the last ${minutes} minutes, the 99th percentile of the slowest node: ${
            saying(p99, span, milliseconds)
          }`}
        />
        <Legend
          entries={[
            { name: "p99", color: 3, value: milliseconds(last(p99)) },
            { name: "p50", color: 1, value: milliseconds(last(p50)) },
          ]}
        />
      </Card>
    </div>
  );
}

/** A line for each node; past the colours that there are, the last line is of all others together. */
function linesOf(
  nodes: readonly Node[],
  of: (node: Node) => Values,
): Line[] {
  const own = nodes.length > MOST_LINES ? nodes.slice(0, MOST_LINES - 1) : nodes;
  const others = nodes.slice(own.length);
  const lines = own.map((node, index) => ({ name: node.name, color: index + 1, values: of(node) }));
  if (others.length === 0) return lines;
  const name = `${others.length} others`;
  return [...lines, { name, color: MOST_LINES, values: summed(others.map(of)) }];
}

function restarts(nodes: readonly Node[], { from }: Span): Marker[] {
  return nodes.filter(({ started_at }) => started_at > from)
    .map(({ name, started_at }) => ({ at: started_at, label: `${name} started` }));
}

/** What a line says, for who reads it. */
function saying(values: Values, span: Span, show: (value: number) => string): string {
  const now = last(values);
  const top = peak(values);
  if (now === null || top === undefined) return "nothing yet";
  const gaps = values.filter((value) => value === null).length;
  const missing = gaps === 0
    ? ""
    : `, and nothing is known of ${Math.round((gaps * span.seconds) / 60)} minutes`;
  return `${show(now)} now, at most ${show(top.value)} at ${
    minute(span.from + top.step * span.seconds)
  }${missing}`;
}
