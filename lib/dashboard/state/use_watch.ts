/** Follows one stream of events for as long as a view is shown, such as the log's. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Watch, type WatchState } from "../api/watch.ts";
import { useDashboard } from "./context.ts";

/** @param path such as `/watch?streams=log`; `undefined` for none */
export function useWatch(
  path: string | undefined,
  isPaused: boolean,
  onEvent: (event: string, data: unknown) => void,
): { state: WatchState; retry: () => void } {
  const { api } = useDashboard();
  const [state, setState] = useState<WatchState>({ kind: "connecting" });
  const current = useRef(onEvent);
  current.current = onEvent;
  const watch = useRef<Watch | undefined>(undefined);

  useEffect(() => {
    if (path === undefined) return;
    const watching = new Watch(api, path, {
      onEvent: (event, data) => current.current(event, data),
      onState: setState,
    });
    watch.current = watching;
    return () => {
      watching.close();
      watch.current = undefined;
    };
  }, [api, path]);
  useEffect(() => watch.current?.pause(isPaused), [isPaused, path]);
  return { state, retry: () => watch.current?.retry() };
}
