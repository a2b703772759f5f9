/** The few numbers that say how all nodes are together. */
import type { Node } from "../../api/shapes.ts";
import { last, peak, spanOf, summed, valuesOf } from "../../charts/series.ts";
import { count, milliseconds, minute, plural, rate } from "../../state/format.ts";

export function Figures({ nodes }: { nodes: readonly Node[] }) {
  const total = (pick: (node: Node) => number) =>
    nodes.reduce((sum, node) => sum + (isSilent(node) ? 0 : pick(node)), 0);
  const span = spanOf(60, Date.now() / 1000);
  const connections = summed(
    nodes.map((node) => valuesOf(node, span, (point) => point.connections)),
  );
  const deliveries = summed(nodes.map((node) => valuesOf(node, span, (point) => point.deliveries)));
  const first = connections.find((value) => value !== null);
  const now = total((node) => node.connections);
  const change = now - (first ?? now);
  const top = peak(deliveries);
  const slowest = Math.max(...nodes.map(({ latency_ms }) => latency_ms.p99 ?? -1));
  const lag = Math.max(0, ...nodes.map(({ loop_lag_ms }) => loop_lag_ms.p99));
  const dropped = total(({ rates }) => rates.dropped);
  return (
    <section class="card card-12 figures" aria-label="Now">
      <Figure
        name="Connections"
        value={count(now)}
        note={change === 0
          ? "As an hour ago"
          : `${change > 0 ? "+" : "−"}${count(Math.abs(change))} in the last hour`}
      />
      <Figure
        name="Users"
        value={count(total(({ users }) => users))}
        note={`In ${plural(total(({ rooms }) => rooms), "room")}`}
      />
      <Figure
        name="Deliveries"
        value={rate(total(({ rates }) => rates.deliveries))}
        unit="/s"
        note={top === undefined || (last(deliveries) ?? 0) >= top.value
          ? "The most of this hour"
          : `Peak ${rate(top.value)} at ${minute(span.from + top.step * span.seconds)}`}
      />
      <Figure
        name="Latency p99"
        value={slowest < 0 ? "—" : milliseconds(slowest)}
        note={slowest < 0 ? "Nothing was acknowledged" : `Loop lag ${milliseconds(lag)}`}
      />
      <Figure
        name="Dropped"
        value={rate(dropped)}
        unit="/s"
        tone={dropped > 0 ? "warn" : "good"}
        note={dropped > 0 ? "Clients are too slow" : "Nobody is too slow"}
      />
    </section>
  );
}

function isSilent({ ready, reason = "" }: Node): boolean {
  return !ready && reason.startsWith("silent");
}

interface FigureProps {
  name: string;
  value: string;
  unit?: string;
  note: string;
  tone?: "good" | "warn";
}

function Figure({ name, value, unit, note, tone }: FigureProps) {
  return (
    <div class="figure">
      <span>{name}</span>
      <b>
        {value} {unit !== undefined && <small>{unit}</small>}
      </b>
      <em class={tone === undefined ? "" : `figure-${tone}`}>{note}</em>
    </div>
  );
}
