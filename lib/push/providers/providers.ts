/** All providers that are configured, and what they share. */
import type { Database } from "../../engines/database/database.ts";
import type { PushProvider } from "../provider.ts";
import type { ProviderName } from "../types.ts";
import { Apns } from "./apns.ts";
import { readApnsKey } from "./apns_key.ts";
import { Breakers } from "./breaker.ts";
import { Fcm } from "./fcm.ts";
import { readFcmAccount } from "./fcm_account.ts";
import { Mail, readMailCa } from "./mail.ts";
import { Ntfy } from "./ntfy.ts";
import type { ProvidersConfig } from "./settings.ts";
import { VapidKeys } from "./vapid_keys.ts";
import { WebPush } from "./web_push.ts";

export interface ProviderParts {
  readonly config: ProvidersConfig;
  /** Keeps the key of Web Push where the settings have none. */
  readonly database: Database;
  /** Unix milliseconds. @default the system's */
  now?(): number;
}

/** What the settings have of providers. Another capability finds it by this class. */
export class PushProviders implements AsyncDisposable {
  /** Those that are configured: Web Push always is. */
  readonly byName: ReadonlyMap<ProviderName, PushProvider>;
  /** Which push services rest, by `originOf`. */
  readonly breakers: Breakers;
  readonly #keys: VapidKeys;

  constructor(providers: readonly PushProvider[], keys: VapidKeys, breakers: Breakers) {
    this.byName = new Map(providers.map((each) => [each.name, each]));
    this.breakers = breakers;
    this.#keys = keys;
  }

  /** The public key of Web Push in base64url, which browsers subscribe with. Rejects where the database cannot be used. */
  async publicKey(): Promise<string> {
    return (await this.#keys.load()).publicKey;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.byName.values()) await each[Symbol.asyncDispose]?.();
  }
}

/** Throws a `ConfigError` where a file of a setting cannot be used. */
export function openProviders({ config, database, now = Date.now }: ProviderParts): PushProviders {
  const { vapid, fcm, apns, ntfy, mail, privateTargets } = config;
  const keys = new VapidKeys(vapid.privateKey, database);
  const providers = [
    new WebPush({ keys, vapid, privateTargets, now }),
    fcm && new Fcm({ config: fcm, account: readFcmAccount(fcm.credentials), now }),
    apns && new Apns({ config: apns, key: readApnsKey(apns.key), now }),
    ntfy && new Ntfy({ config: ntfy, privateTargets, now }),
    mail && new Mail({ config: mail, ca: readMailCa(mail), now }),
  ].filter((each) => each !== undefined);
  return new PushProviders(providers, keys, new Breakers(now));
}
