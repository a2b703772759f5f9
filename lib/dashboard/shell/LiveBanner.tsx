/** Says that the server cannot be reached, since when, and that what is shown is from then. */
import { Icon } from "../../page/components/kit/Icon.tsx";
import { useDashboard } from "../state/context.ts";
import { clock } from "../state/clock.ts";

export function LiveBanner() {
  const { live } = useDashboard();
  const { state } = live;
  if (!live.isWhole || state.kind !== "offline") return null;
  return (
    <div class="live-banner" role="status">
      <Icon name="wifiOff" small />
      <p>
        <b>Not live.</b> {state.reason}. What is shown is from{" "}
        {clock(state.since / 1000)}; it is tried again by itself.
      </p>
      <button type="button" class="button button-small" onClick={() => live.retry()}>
        Try now
      </button>
    </div>
  );
}
