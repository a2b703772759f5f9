/** Keeps what the user wants of notifications in the store, and changes it; `session.ts` makes one for each client. */
import type { Change, Client, PreferenceChoices, UserPreferences } from "../../sdk/mod.ts";
import type { Store } from "../state/store.ts";

/** Changes preferences; rejects where that is refused, after the user was told. */
export type ChangePreferences = (change: Change<PreferenceChoices>) => Promise<unknown>;

export class PreferenceFeed {
  readonly #client: Client;
  readonly #store: Store;
  #isLoaded = false;

  constructor(client: Client, store: Store) {
    this.#client = client;
    this.#store = store;
  }

  /** Reads them, and from then on knows what is changed elsewhere. */
  load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    this.#client.preferences.on("changed", (preferences) => {
      if (this.#client.state.kind === "closed") return; // another user may be shown by now
      this.#store.dispatch({ type: "preferences_changed", preferences });
    });
  }

  /** Changes what is named. It rejects where that is refused; whoever asked says so. */
  change(change: Change<PreferenceChoices>): Promise<UserPreferences> {
    return this.#client.preferences.change(change);
  }
}
