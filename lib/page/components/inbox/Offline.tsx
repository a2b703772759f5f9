/** Says above the notifications that there is no connection, and from when what is shown is. */
import { useEffect, useRef } from "preact/hooks";
import type { State } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { clockTime, isoTime } from "../../../sdk/view/times.ts";
import { Icon } from "../kit/Icon.tsx";

interface OfflineProps {
  connection: State;
  /** There is something to show. */
  isLoaded: boolean;
}

export function Offline({ connection, isLoaded }: OfflineProps) {
  const { session } = usePage();
  const isOnline = connection.kind === "online";
  const isFirst = connection.kind === "connecting" && connection.attempt === 0;
  /** When the server said the last of it, in Unix seconds. */
  const since = useRef(Date.now() / 1000);
  useEffect(() => () => void (since.current = Date.now() / 1000), [isOnline]);
  if (isOnline || isFirst || connection.kind === "closed") return null;
  return (
    <div class="inbox-offline" role="status">
      <Icon name="wifiOff" />
      <p>
        No connection.{isLoaded && (
          <>
            {" "}Showing what was there at{" "}
            <time dateTime={isoTime(since.current)}>{clockTime(since.current)}</time>.
          </>
        )}
      </p>
      <button
        type="button"
        class="button button-small"
        disabled={connection.kind === "connecting"}
        onClick={() => session.reconnect()}
      >
        Retry
      </button>
    </div>
  );
}
