/** Writes lines to standard output for commands that go on until somebody ends them. */

const ENCODER = new TextEncoder();

/** Whoever read what a command writes has gone, as `head` does: the command has nothing to do any more. */
export class NobodyReads extends Error {}

/** Writes all of a text at once. Throws {@linkcode NobodyReads}. */
export function writeOut(text: string): void {
  const bytes = ENCODER.encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  } catch (error) {
    throw error instanceof Deno.errors.BrokenPipe ? new NobodyReads() : error;
  }
}

/** How many characters a line of the terminal has; `Infinity` where standard output is none. */
export function lineWidth(): number {
  return Deno.stdout.isTerminal() ? Deno.consoleSize().columns || Infinity : Infinity;
}

/** A text of so many characters at the most; one that was longer says so by its end. */
export function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, Math.max(0, most - 1))}…` : text;
}
