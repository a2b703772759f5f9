/** Loads what a view shows. What was loaded before stays while it is loaded anew; only a wait that is noticed shows a skeleton. */
import { useEffect, useRef, useState } from "preact/hooks";
import { reasonOf } from "../api/api.ts";

/** A wait of less is not shown. */
const NOTICED_MS = 200;

export interface Loaded<Data> {
  readonly data: Data | undefined;
  /** Why the last try failed. */
  readonly error: string | undefined;
  /** Nothing is there yet, and that takes a while. */
  readonly isSlow: boolean;
  readonly isLoading: boolean;
  reload(): void;
}

/** @param parts what it depends on: if one is another, it is loaded anew, and what is of others is not shown */
export function useLoad<Data>(
  load: (signal: AbortSignal) => Promise<Data>,
  parts: readonly unknown[],
): Loaded<Data> {
  const key = JSON.stringify(parts);
  const [state, setState] = useState<{ key: string; data?: Data; error?: string }>({ key });
  const [isSlow, setSlow] = useState(false);
  const [isLoading, setLoading] = useState(true);
  const [turn, setTurn] = useState(0);
  const current = useRef(load);
  current.current = load;

  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => setSlow(true), NOTICED_MS);
    setLoading(true);
    current.current(abort.signal)
      .then(
        (data) => abort.signal.aborted || setState({ key, data }),
        (error) =>
          abort.signal.aborted || setState(({ data, key: old }) => ({
            key,
            ...(old === key && data !== undefined && { data }),
            error: reasonOf(error),
          })),
      )
      .finally(() => {
        clearTimeout(timer);
        if (abort.signal.aborted) return;
        setSlow(false);
        setLoading(false);
      });
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, turn]);

  const isCurrent = state.key === key;
  return {
    data: isCurrent ? state.data : undefined,
    error: isCurrent ? state.error : undefined,
    isSlow: isSlow && !(isCurrent && state.data !== undefined),
    isLoading,
    reload: () => setTurn((turn) => turn + 1),
  };
}
