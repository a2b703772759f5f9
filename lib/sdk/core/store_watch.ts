/** Hears that another tab has changed the store that tabs share, as browsers tell of `localStorage`. */
import type { WakeSource } from "./wake.ts";

/** Calls `changed` for each change of the value under `key()`, until the function it returns is called. */
export function watchStore(
  sources: readonly WakeSource[],
  key: () => string | undefined,
  changed: () => void,
): () => void {
  const heard = (event: { readonly type: string; readonly key?: string | null }) => {
    const isOurs = event.key === null || event.key === key(); // null: all was cleared
    if (isOurs && key() !== undefined) changed();
  };
  for (const source of sources) source.addEventListener("storage", heard);
  return () => {
    for (const source of sources) source.removeEventListener("storage", heard);
  };
}
