/** Hears that the network or the reader came back; `connection.ts` then waits no longer. */
import type { WakeSource } from "./options.ts";

const EVENTS = ["online", "offline", "visibilitychange"] as const;

/** Calls `wake` at each of them, until the function it returns is called. */
export function watchWake(sources: readonly WakeSource[], wake: () => void): () => void {
  const heard = ({ type }: Event) => {
    const isHidden = type === "visibilitychange" &&
      globalThis.document?.visibilityState === "hidden";
    if (!isHidden) wake();
  };
  const each = (change: "addEventListener" | "removeEventListener") => {
    for (const source of sources) for (const event of EVENTS) source[change](event, heard);
  };
  each("addEventListener");
  return () => each("removeEventListener");
}
