/** A state in a word, with a dot; the colour alone says nothing. */

export type Tone = "good" | "warn" | "bad" | "info" | "quiet";

export function Pill({ tone, children }: { tone: Tone; children: string }) {
  return <span class={`pill pill-${tone}`}>{children}</span>;
}
