/** What became of a push, in a word. */
import { Pill, type Tone } from "../../kit/Pill.tsx";

const TONES: Readonly<Record<string, Tone>> = {
  sent: "good",
  accepted: "good",
  pushed: "good",
  failed: "bad",
  gone: "bad",
  refused: "bad",
};

export function PushPill({ state }: { state: string }) {
  const word = state.replaceAll("_", " ");
  return (
    <Pill tone={TONES[state] ?? "quiet"}>
      {`${word.slice(0, 1).toUpperCase()}${word.slice(1)}`}
    </Pill>
  );
}
