/** Reads a list of what is live anew when the stream of events says that something has changed. */
import { useEffect, useRef } from "preact/hooks";
import { useDashboard } from "./context.ts";

export function useOnChange(reload: () => void): void {
  const { live } = useDashboard();
  const seen = useRef(live.changes);
  useEffect(() => {
    if (seen.current === live.changes) return;
    seen.current = live.changes;
    reload();
  }, [live.changes]);
}
