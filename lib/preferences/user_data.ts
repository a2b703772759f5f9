/** What is kept of a user's preferences. */
import type { DataRecord, DataSubject, ErasedPart, UserData } from "../core/user_data.ts";
import type { Preferences } from "./preferences.ts";
import { preferencesOnWire } from "./wire.ts";

export class PreferenceData implements UserData {
  readonly #preferences: Preferences;

  constructor(preferences: Preferences) {
    this.#preferences = preferences;
  }

  async *export({ site, user }: DataSubject): AsyncGenerator<DataRecord> {
    const { preferences, version } = await this.#preferences.read(site, user);
    if (version > 0) yield { type: "preferences", ...preferencesOnWire(preferences) };
  }

  async erase({ site, user }: DataSubject): Promise<ErasedPart> {
    return { erased: { preferences: Number(await this.#preferences.erase(site, user)) } };
  }
}
