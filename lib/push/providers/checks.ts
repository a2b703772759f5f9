/** What is wrong with the keys and certificates of providers, for `notifyli check`. */
import { ConfigError } from "../../base/config_error.ts";
import { NoDatabase } from "../../engines/database/database.ts";
import type { ProviderNote } from "../provider.ts";
import { openProviders } from "./providers.ts";
import type { ProvidersConfig } from "./settings.ts";

/** All that the providers have to say, an `error` for what a start would refuse. @param now Unix milliseconds */
export async function providerNotes(
  config: ProvidersConfig,
  now: number,
): Promise<readonly ProviderNote[]> {
  const database = new NoDatabase("a check does not open it");
  const single = onePartEach(config);
  const notes = await Promise.all(single.map(async (part): Promise<readonly ProviderNote[]> => {
    try {
      await using providers = openProviders({ config: part, database });
      return (await Promise.all([...providers.byName.values()].map((each) => each.check(now))))
        .flat();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return [{ level: "error", text: error.message }];
    }
  }));
  const all = new Map(notes.flat().map((note) => [note.text, note]));
  return [...all.values()];
}

/** The config with each provider alone, so that what is wrong with one hides nothing of another. */
function onePartEach(config: ProvidersConfig): ProvidersConfig[] {
  const none = { fcm: undefined, apns: undefined, ntfy: undefined, mail: undefined };
  const names = ["fcm", "apns", "ntfy", "mail"] as const;
  const given = names.filter((name) => config[name] !== undefined);
  return [
    { ...config, ...none },
    ...given.map((name) => ({ ...config, ...none, [name]: config[name] })),
  ];
}
