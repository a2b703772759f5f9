/** A chart of lines as SVG: the x axis is logarithmic, the y axis begins at zero. */

export interface Series {
  readonly name: string;
  /** x and y, by rising x. */
  readonly points: readonly (readonly [number, number])[];
}

export interface ChartText {
  readonly title: string;
  /** What the x axis counts. */
  readonly x: string;
}

const WIDTH = 720;
const HEIGHT = 360;
const LEFT = 60;
const RIGHT = 20;
const TOP = 110;
const BOTTOM = 50;
const STEPS = 4;
/** Told apart with any colour vision (Okabe and Ito). */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"];

export function chart(series: readonly Series[], { title, x }: ChartText): string {
  const all = series.flatMap(({ points }) => points);
  const xs = [...new Set(all.map(([at]) => at))].sort((a, b) => a - b);
  const top = roundUp(Math.max(...all.map(([, value]) => value)));
  const [low, high] = [Math.log(xs[0] ?? 1), Math.log(xs.at(-1) ?? 10)];
  const atX = (value: number) =>
    LEFT + (Math.log(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT);
  const atY = (value: number) => HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);

  const steps = Array.from({ length: STEPS + 1 }, (_, index) => top * index / STEPS);
  const parts = [
    text(LEFT, 24, title, `font-weight="bold"`),
    text(WIDTH / 2, HEIGHT - 10, x, `text-anchor="middle"`),
    ...steps.map((value) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${atY(value)}" y2="${
        atY(value)
      }" stroke="#ddd"/>` +
      text(LEFT - 8, atY(value) + 4, String(value), `text-anchor="end"`)
    ),
    ...xs.map((value) =>
      text(atX(value), HEIGHT - BOTTOM + 20, value.toLocaleString("en"), `text-anchor="middle"`)
    ),
    ...series.map(({ name, points }, index) => {
      const color = COLORS[index % COLORS.length]!;
      const places = points.map(([at, value]) => `${round(atX(at))},${round(atY(value))}`);
      return `<polyline points="${
        places.join(" ")
      }" fill="none" stroke="${color}" stroke-width="2"/>` +
        text(LEFT, 44 + index * 16, `— ${name}`, `fill="${color}"`);
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
    `font-family="sans-serif" font-size="12" role="img">\n` +
    `<title>${title}</title>\n<rect width="100%" height="100%" fill="#fff"/>\n${
      parts.join("\n")
    }\n</svg>\n`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${content}</text>`;
}

/** To 1, 2, 4 or 8 times a power of ten, so that the steps are round. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 4, 8, 10].find((factor) => factor * power >= value) ?? 10);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
