/** Whether what is shown is live, and a button that holds it. */
import { Icon } from "../../page/components/kit/Icon.tsx";
import type { WatchState } from "../api/watch.ts";
import { Pill, type Tone } from "../kit/Pill.tsx";
import { useDashboard } from "../state/context.ts";

const FACES: Record<WatchState["kind"], { tone: Tone; word: string }> = {
  connecting: { tone: "quiet", word: "Connecting" },
  live: { tone: "good", word: "Live" },
  paused: { tone: "quiet", word: "Paused" },
  hidden: { tone: "quiet", word: "Resting" },
  offline: { tone: "warn", word: "Offline" },
};

export function LiveState() {
  const { live } = useDashboard();
  if (!live.isWhole) {
    return (
      <button type="button" class="button button-small" onClick={() => live.retry()}>
        <Icon name="retry" small />
        Refresh
      </button>
    );
  }
  const { tone, word } = FACES[live.state.kind];
  return (
    <div class="live-state" data-state={live.state.kind}>
      <span role="status">
        <Pill tone={tone}>{word}</Pill>
      </span>
      <button
        type="button"
        class="icon-button"
        aria-label={live.isPaused ? "Go on" : "Pause"}
        title={live.isPaused ? "Go on" : "Pause"}
        onClick={() => live.setPaused(!live.isPaused)}
      >
        <Icon name={live.isPaused ? "play" : "pause"} />
      </button>
    </div>
  );
}
