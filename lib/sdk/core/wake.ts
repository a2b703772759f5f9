/** Hears that the network or the reader came back; `server_connection.ts` then waits no longer. */

/** The part of `window` and `document` that tells. */
export interface WakeSource {
  addEventListener(type: string, listener: (event: WakeEvent) => void): void;
  removeEventListener(type: string, listener: (event: WakeEvent) => void): void;
}

interface WakeEvent {
  readonly type: string;
  /** What was changed, of an event of the store. */
  readonly key?: string | null;
}

const EVENTS = ["online", "offline", "visibilitychange"] as const;

/** The page's document; outside of a page there is none. */
const { document } = globalThis as { document?: WakeSource & { readonly visibilityState: string } };

/** Calls `wake` at each event of the sources, until the function it returns is called. */
export function watchWake(sources: readonly WakeSource[], wake: () => void): () => void {
  const heard = ({ type }: WakeEvent) => {
    if (type !== "visibilitychange" || document?.visibilityState !== "hidden") wake();
  };
  const each = (change: "addEventListener" | "removeEventListener") => {
    for (const source of sources) for (const event of EVENTS) source[change](event, heard);
  };
  each("addEventListener");
  return () => each("removeEventListener");
}

/** The sources that this runtime has. */
export function systemWakeSources(): WakeSource[] {
  // Node.js has no events of its own on `globalThis`.
  const own = "addEventListener" in globalThis ? [globalThis] : [];
  return document === undefined ? own : [...own, document];
}
