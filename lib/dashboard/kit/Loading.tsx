/** Shows what was loaded, or why it was not, or that it takes a while. */
import type { ComponentChildren } from "preact";
import type { Loaded } from "../state/use_load.ts";
import { Lacking, type Lacks } from "./Lacking.tsx";
import { Failure, Skeleton } from "./States.tsx";

interface LoadingProps<Data> {
  loaded: Loaded<Data>;
  rows?: number;
  children: (data: Data) => ComponentChildren;
}

export function Loading<Data>({ loaded, rows, children }: LoadingProps<Data>) {
  const { data, error, isSlow, reload } = loaded;
  return (
    <>
      {error !== undefined && <Failure error={error} onRetry={reload} isOld={data !== undefined} />}
      <Lacking {...(data as Lacks | undefined)} />
      {data !== undefined
        ? children(data)
        : error === undefined && (isSlow ? <Skeleton rows={rows} /> : <div class="not-yet" />)}
    </>
  );
}
