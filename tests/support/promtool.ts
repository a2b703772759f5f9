/** `promtool`, which belongs to Prometheus and says what it makes of files and figures. */

/** Runs it; rejects with what it said where it finds anything wrong. */
export async function promtool(
  args: readonly string[],
  { input, cwd }: { readonly input?: string; readonly cwd?: string } = {},
): Promise<string> {
  const child = new Deno.Command("promtool", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    ...(cwd !== undefined && { cwd }),
  }).spawn();
  const writer = child.stdin.getWriter();
  if (input !== undefined) await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  if (!success) throw new Error(`promtool ${args.join(" ")}: ${said}`);
  return said;
}

/** Throws where the figures are in no format that Prometheus reads, or break its rules of naming. */
export async function checkFigures(text: string): Promise<void> {
  await promtool(["check", "metrics"], { input: text });
}

/** One figure, as it stands in the text. */
export interface Figure {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The figures of a text that is well formed. */
export function figuresIn(text: string): Figure[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
    const [, name = "", labels = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const pairs = labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g);
    return {
      name,
      labels: Object.fromEntries([...pairs].map(([, label, text]) => [label, text])),
      value: value === "+Inf" ? Infinity : Number(value),
    };
  });
}
