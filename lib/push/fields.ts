/** Reads the device that is to be registered, the same by every way in. */
import { type Fields, invalid, optionalName } from "../base/fields.ts";
import { ignoredOf, type WithIgnored } from "../base/ignored.ts";
import { zoneField } from "../preferences/fields.ts";
import type { Providers } from "./kept_device.ts";
import type { Device, ProviderName } from "./types.ts";

/** Most UTF-16 units. */
export const PLATFORM = 64;
export const APP = 256;
export const LOCALE = 64;

/** Most characters of a token, of whatever provider, in JSON. */
const TOKEN = 4096;

const DEVICE_FIELDS = ["provider", "token", "platform", "app", "locale", "time_zone"] as const;

export type DeviceFields = Pick<
  Device,
  "provider" | "token" | "platform" | "app" | "locale" | "timeZone"
>;

/** Throws a `CodedError` that names the field and its value. */
export function deviceFields(fields: Fields, providers: Providers): DeviceFields {
  const provider = providerField(fields["provider"], providers);
  const platform = optionalName(fields, "platform", PLATFORM);
  const app = optionalName(fields, "app", APP);
  const locale = localeField(fields);
  const timeZone = zoneField(fields["time_zone"], "time_zone");
  return {
    provider,
    token: tokenOf(provider, fields["token"], providers),
    ...(platform !== undefined && { platform }),
    ...(app !== undefined && { app }),
    ...(locale !== undefined && { locale }),
    ...(timeZone !== undefined && { timeZone }),
  };
}

/** Names what means nothing for a device. @param others fields that belong to the way by which it came */
export function ignoredInDevice(fields: Fields, others: readonly string[]): WithIgnored {
  const known = Object.fromEntries(
    [...DEVICE_FIELDS, ...others].map((name) => [name, true as const]),
  );
  return ignoredOf(fields, known);
}

function providerField(value: unknown, providers: Providers): ProviderName {
  const known = [...providers.keys()].find((each) => each === value);
  if (known !== undefined) return known;
  throw invalid("provider", value, `what this server is set up for: ${[...providers.keys()]}`);
}

/** What is kept of a token. Throws a `CodedError` where the provider knows none like it. */
export function tokenOf(provider: ProviderName, value: unknown, providers: Providers): string {
  const isLong = (JSON.stringify(value) ?? "").length > TOKEN;
  // Whoever has a token can reach the device: no message repeats one.
  if (isLong) throw invalid("token", "…", `at most ${TOKEN} characters`);
  return providers.get(provider)!.tokenOf(value);
}

function localeField(fields: Fields): string | undefined {
  const locale = optionalName(fields, "locale", LOCALE);
  if (locale === undefined) return undefined;
  try {
    return Intl.getCanonicalLocales(locale)[0];
  } catch {
    throw invalid("locale", locale, "a language such as de or pt-BR");
  }
}
