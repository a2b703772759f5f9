/** Loads what shows the preferences when the first user of a page opens them: it lies beside the element's own module. */
import { reasonOf } from "./feed.ts";

type Panel = typeof import("./preferences_panel.ts");

interface Loaded {
  readonly preferencesView: Panel["preferencesView"];
  readonly sheet: CSSStyleSheet;
}

let loaded: Loaded | undefined;
let loading: Promise<void> | undefined;

/**
 * Returns what shows the preferences. Until that is there, `done` is called when it is, with why not where it cannot be had.
 *
 * @param mayLoad whether it is to be loaded where it is not there
 */
export function preferencesPanel(
  mayLoad: boolean,
  done: (problem: string) => void,
): Loaded | undefined {
  if (loaded !== undefined || !mayLoad) return loaded;
  loading ??= load().finally(() => loading = undefined);
  loading.then(() => done(""), (error) => done(reasonOf(error)));
  return undefined;
}

async function load(): Promise<void> {
  const address = new URL("notifyli-inbox-preferences.js", import.meta.url).href;
  const { preferencesView, css }: Panel = await import(address);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  loaded = { preferencesView, sheet };
}
