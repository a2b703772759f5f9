/** A list that the server gives page by page: more is asked for when somebody wants it, and never all of it to count. */
import { useEffect, useRef, useState } from "preact/hooks";
import { reasonOf } from "../api/api.ts";
import type { Lacks } from "../kit/Lacking.tsx";
import { type Loaded, useLoad } from "./use_load.ts";

/** Most entries that the page holds; past so many one has to filter. */
const MOST = 5000;

interface AnyPage<Entry> extends Lacks {
  readonly entries: readonly Entry[];
  readonly next?: string | undefined;
  readonly total?: number | undefined;
}

export interface Pages<Entry> {
  readonly loaded: Loaded<AnyPage<Entry>>;
  readonly entries: readonly Entry[];
  readonly total: number | undefined;
  /** Absent where there is no more, or the page holds enough. */
  readonly more: (() => void) | undefined;
  readonly moreError: string | undefined;
}

/** @param load reads the page that begins after `next` */
export function usePages<Entry>(
  load: (next: string | undefined, signal?: AbortSignal) => Promise<AnyPage<Entry>>,
  parts: readonly unknown[],
): Pages<Entry> {
  const loaded = useLoad((signal) => load(undefined, signal), parts);
  const [rest, setRest] = useState<readonly AnyPage<Entry>[]>([]);
  const [moreError, setMoreError] = useState<string | undefined>();
  const key = JSON.stringify(parts);
  const current = useRef(key);
  current.current = key;
  useEffect(() => {
    setRest([]);
    setMoreError(undefined);
  }, [key]);

  const entries = [...loaded.data?.entries ?? [], ...rest.flatMap((page) => page.entries)];
  const first = loaded.data;
  const shown = useRef(first);
  shown.current = first;
  const next = (rest.at(-1) ?? first)?.next;
  // A page that is late may be of another list than the one that is shown by now, also where that was read anew, or be there already.
  const isNext = (rest: readonly AnyPage<Entry>[]) =>
    current.current === key && shown.current === first && (rest.at(-1) ?? first)?.next === next;
  return {
    ...{ loaded, entries, moreError },
    total: loaded.data?.total,
    more: next === undefined || entries.length >= MOST ? undefined : () => {
      setMoreError(undefined);
      load(next).then(
        (page) => setRest((rest) => isNext(rest) ? [...rest, page] : rest),
        (error) => current.current === key && setMoreError(reasonOf(error)),
      );
    },
  };
}
