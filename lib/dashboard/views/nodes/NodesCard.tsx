/** The nodes in a table: how each is, what it carries, and its last hour. */
import { Name } from "../../../page/components/kit/Name.tsx";
import type { Node } from "../../api/shapes.ts";
import { spanOf, valuesOf } from "../../charts/series.ts";
import { Sparkline } from "../../charts/Sparkline.tsx";
import { Card } from "../../kit/Card.tsx";
import { Pill } from "../../kit/Pill.tsx";
import { type Column, Table } from "../../kit/Table.tsx";
import { bytes, count, duration, milliseconds, rate } from "../../state/format.ts";
import { href } from "../../state/place.ts";
import { healthOf } from "./health.ts";

export function NodesCard({ nodes, own }: { nodes: readonly Node[]; own: string | undefined }) {
  const ready = nodes.filter(({ ready }) => ready).length;
  const note = nodes.length === 1
    ? "1"
    : `${nodes.length}, ${ready === nodes.length ? "all" : ready} ready`;
  return (
    <Card title="Nodes" note={note}>
      <Table label="Nodes" columns={columnsOf(own)} rows={nodes} rowKey={({ id }) => id} />
    </Card>
  );
}

function columnsOf(own: string | undefined): readonly Column<Node>[] {
  const now = Date.now() / 1000;
  return [
    {
      head: "Node",
      isWide: true,
      by: ({ name }) => name,
      cell: ({ id, name }) => (
        <a class="cell-link" href={href(["nodes", id])}>
          <b class="cut" title={name}>
            <Name>{name}</Name>
          </b>
          {id === own && <small>answers here</small>}
        </a>
      ),
    },
    {
      head: "Health",
      by: (node) => healthOf(node).word,
      cell: (node) => {
        const { tone, word } = healthOf(node);
        return <Pill tone={tone}>{word}</Pill>;
      },
    },
    {
      head: "Version",
      isSecond: true,
      by: ({ version }) => version,
      cell: ({ version }) => version,
    },
    {
      head: "Connections",
      isNumber: true,
      by: ({ connections }) => connections,
      cell: ({ connections }) => count(connections),
    },
    {
      head: "Last hour",
      isSecond: true,
      cell: (node) => (
        <Sparkline
          values={valuesOf(node, spanOf(60, now), (point) => point.deliveries)}
          label={`Deliveries of ${node.name} in the last hour`}
          isOdd={healthOf(node).tone !== "good"}
        />
      ),
    },
    {
      head: "Deliveries/s",
      isNumber: true,
      isSecond: true,
      by: ({ rates }) => rates.deliveries,
      cell: ({ rates }) => rate(rates.deliveries),
    },
    {
      head: "Loop lag",
      isNumber: true,
      isSecond: true,
      by: ({ loop_lag_ms }) => loop_lag_ms.p99,
      cell: ({ loop_lag_ms }) => milliseconds(loop_lag_ms.p99),
    },
    {
      head: "CPU",
      isNumber: true,
      isSecond: true,
      by: ({ cpu }) => cpu,
      cell: ({ cpu }) => `${Math.round(cpu * 100)} %`,
    },
    {
      head: "Memory",
      isNumber: true,
      isSecond: true,
      by: ({ memory }) => memory.rss,
      cell: ({ memory }) => bytes(memory.rss),
    },
    {
      head: "Up",
      isNumber: true,
      isSecond: true,
      by: ({ started_at }) => -started_at,
      cell: ({ started_at }) => duration(now - started_at),
    },
  ];
}
