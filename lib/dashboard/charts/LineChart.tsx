/** Lines over time, side by side or one on the other: a gap is drawn as a gap, a restart as a mark, and words say what is seen. */
import { useRef, useState } from "preact/hooks";
import { clock } from "../state/clock.ts";
import { minute } from "../state/format.ts";
import { marksTo } from "./scale.ts";
import type { Span, Values } from "./series.ts";

const WIDTH = 600;
const HEIGHT = 168;
/** How many marks of time there are. */
const TIMES = 5;

export interface Line {
  readonly name: string;
  /** 1 to 4: `--c1` to `--c4`. */
  readonly color: number;
  readonly values: Values;
}

export interface Marker {
  /** Unix seconds. */
  readonly at: number;
  readonly label: string;
}

interface LineChartProps {
  readonly span: Span;
  readonly lines: readonly Line[];
  /** One on the other, so that the uppermost is the sum. */
  readonly isStacked?: boolean;
  readonly markers?: readonly Marker[];
  readonly show: (value: number) => string;
  /** Whether round numbers are those of bytes. */
  readonly isBinary?: boolean;
  /** What is seen, for who reads it. */
  readonly summary: string;
}

export function LineChart(props: LineChartProps) {
  const { span, lines, isStacked = false, markers = [], show, isBinary, summary } = props;
  const [step, setStep] = useState<number | undefined>();
  const plot = useRef<HTMLDivElement>(null);
  const drawn = isStacked
    ? stacked(lines)
    : lines.map(({ values }) => ({ values, floor: undefined }));
  const largest = Math.max(
    0,
    ...drawn.flatMap(({ values }) => values.filter((value) => value !== null)),
  );
  const marks = marksTo(largest, { show, isBinary });
  const top = marks.at(-1) ?? 1;
  const isEmpty = lines.every(({ values }) => values.every((value) => value === null));
  const x = (at: number) => ((at + 0.5) / span.steps) * WIDTH;
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT;
  const markerX = ({ at }: Marker) => x((at - span.from) / span.seconds - 0.5);

  if (isEmpty) return <p class="chart-empty">Nothing yet in this time</p>;
  return (
    <div class="chart" dir="ltr">
      <div class="chart-y" aria-hidden="true">
        {marks.toReversed().map((mark) => <span key={mark}>{show(mark)}</span>)}
      </div>
      <div
        class="chart-plot"
        ref={plot}
        onPointerMove={({ clientX }) => {
          const box = plot.current?.getBoundingClientRect();
          if (box === undefined) return;
          const at = Math.floor(((clientX - box.left) / box.width) * span.steps);
          setStep(Math.max(0, Math.min(span.steps - 1, at)));
        }}
        onPointerLeave={() => setStep(undefined)}
      >
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={summary}
        >
          {marks.map((mark) => (
            <line key={mark} class="chart-grid" x1="0" x2={WIDTH} y1={y(mark)} y2={y(mark)} />
          ))}
          {drawn.map(({ values, floor }, index) => (
            <g key={lines[index]?.name} class={`c${lines[index]?.color}`}>
              <path class="chart-area" d={areaOf(values, floor, { x, y })} />
              <path class="chart-line" d={lineOf(values, { x, y })} />
            </g>
          )).toReversed()}
          {markers.map((marker) => (
            <line
              key={marker.label}
              class="chart-marker"
              x1={markerX(marker)}
              x2={markerX(marker)}
              y1="0"
              y2={HEIGHT}
            >
              <title>{`${minute(marker.at)} ${marker.label}`}</title>
            </line>
          ))}
          {step !== undefined && (
            <line class="chart-cross" x1={x(step)} x2={x(step)} y1="0" y2={HEIGHT} />
          )}
        </svg>
        {step !== undefined && <Tip {...{ step, span, lines, markers, show }} />}
      </div>
      <div class="chart-x" aria-hidden="true">
        {Array.from({ length: TIMES }, (_, index) => (
          <span key={index}>
            {minute(span.from + (index * span.steps * span.seconds) / (TIMES - 1))}
          </span>
        ))}
      </div>
    </div>
  );
}

type TipProps = Pick<LineChartProps, "span" | "lines" | "show"> & {
  step: number;
  markers: readonly Marker[];
};

function Tip({ step, span, lines, markers, show }: TipProps) {
  const at = span.from + step * span.seconds;
  const near = markers.filter((marker) => Math.abs(marker.at - at) <= span.seconds * 2);
  const isLate = step > span.steps / 2;
  return (
    <div class={`chart-tip ${isLate ? "chart-tip-before" : "chart-tip-after"}`} aria-hidden="true">
      <b>
        {[
          clock(at),
          ...near.map(({ label }) =>
            label
          ),
        ].join(" · ")}
      </b>
      {lines.map(({ name, color, values }) => (
        <div key={name}>
          <i class={`dot c${color}`} />
          <span>{name}</span>
          <b>{typeof values[step] === "number" ? show(values[step]) : "—"}</b>
        </div>
      ))}
    </div>
  );
}

interface Scales {
  x(step: number): number;
  y(value: number): number;
}

/** The values of each line on those below it. A node without a value adds nothing, and its line is broken there. */
function stacked(lines: readonly Line[]): { values: Values; floor: readonly number[] }[] {
  let floor = new Array<number>(lines[0]?.values.length ?? 0).fill(0);
  return lines.map(({ values }) => {
    const below = floor;
    floor = below.map((sum, step) => sum + (values[step] ?? 0));
    const above = floor;
    return {
      values: values.map((value, step) => value === null ? null : above[step] ?? null),
      floor: below,
    };
  });
}

/** The runs of steps that have values, each from its first to its last. */
function runsOf(values: Values): [from: number, to: number][] {
  const runs: [number, number][] = [];
  values.forEach((value, step) => {
    if (value === null) return;
    const run = runs.at(-1);
    if (run !== undefined && run[1] === step - 1) run[1] = step;
    else runs.push([step, step]);
  });
  return runs;
}

function lineOf(values: Values, { x, y }: Scales): string {
  return runsOf(values).map(([from, to]) => {
    // A single value is a short dash, which can be seen.
    if (from === to) {
      return `M${px(x(from - 0.4))} ${px(y(values[from] ?? 0))}H${px(x(from + 0.4))}`;
    }
    const points = steps(from, to).map((step) => `${px(x(step))} ${px(y(values[step] ?? 0))}`);
    return `M${points.join("L")}`;
  }).join("");
}

function areaOf(values: Values, floor: readonly number[] | undefined, { x, y }: Scales): string {
  return runsOf(values).map(([from, to]) => {
    const above = steps(from, to).map((step) => `${px(x(step))} ${px(y(values[step] ?? 0))}`);
    const below = steps(from, to).toReversed()
      .map((step) => `${px(x(step))} ${px(y(floor?.[step] ?? 0))}`);
    return `M${[...above, ...below].join("L")}Z`;
  }).join("");
}

function steps(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function px(value: number): string {
  return value.toFixed(1);
}
