/** Loads `more.ts` once for all elements of a page, when the first one needs it. */
import { learn } from "./words.ts";

export type More = typeof import("./more.ts");

interface Loaded extends More {
  readonly sheet: CSSStyleSheet;
}

let loaded: Loaded | undefined;
let loading: Promise<Loaded> | undefined;

/** How often it could not be had. */
let failures = 0;

/** Returns what was loaded by now. */
export function loadedMore(): Loaded | undefined {
  return loaded;
}

/** Rejects where it cannot be had. It is tried again with the next call. */
export function loadMore(): Promise<Loaded> {
  loading ??= load().catch((error) => {
    loading = undefined;
    failures++;
    throw error;
  });
  return loading;
}

async function load(): Promise<Loaded> {
  // Some browsers keep in mind that an address could not be loaded.
  const again = failures === 0 ? "" : `?${failures}`;
  const address = new URL(`notifyli-inbox-more.js${again}`, import.meta.url).href;
  const more: More = await import(address);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(more.css);
  learn(more.ENGLISH);
  return loaded = { ...more, sheet };
}
