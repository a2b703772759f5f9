/** A small line in a table's row. */
import type { Values } from "./series.ts";

const WIDTH = 112;
const HEIGHT = 24;

export function Sparkline({ values, label, isOdd = false }: {
  values: Values;
  label: string;
  /** Something about it is to be looked at. */
  isOdd?: boolean;
}) {
  const largest = Math.max(1, ...values.filter((value) => value !== null));
  const runs: string[][] = [[]];
  values.forEach((value, step) => {
    if (value === null) return void runs.push([]);
    const x = (step / Math.max(1, values.length - 1)) * WIDTH;
    runs.at(-1)?.push(
      `${x.toFixed(1)} ${(HEIGHT - 1 - (value / largest) * (HEIGHT - 2)).toFixed(1)}`,
    );
  });
  const drawn = runs.filter((run) => run.length > 0);
  if (drawn.length === 0) return <span class="muted">—</span>;
  return (
    <svg
      class={`sparkline ${isOdd ? "c3" : "c1"}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {drawn.map((run, index) => (
        <g key={index}>
          <path
            class="chart-area"
            d={`M${run[0]?.split(" ")[0]} ${HEIGHT}L${run.join("L")}L${
              run.at(-1)?.split(" ")[0]
            } ${HEIGHT}Z`}
          />
          <path class="chart-line" d={`M${run.join("L")}`} />
        </g>
      ))}
    </svg>
  );
}
