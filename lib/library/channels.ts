/** The rooms that a program makes. */
import { siteField } from "../auth/keys/fields.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import type { MadeRooms } from "../rooms/made/made_rooms.ts";
import type { RuleFields } from "../rooms/rules/rule_fields.ts";

/** How much of a persistent room is kept where the options do not say it. */
const PERSISTENT_HISTORY = { size: 1000, seconds: 7 * 24 * 3600 };

/** The fields of the file of rooms (docs/rooms.md), but for the pattern. */
export interface ChannelOptions extends Omit<RuleFields, "pattern"> {
  /** The site whose rooms it is for. @default the one of all who name none */
  readonly site?: string;
}

/** Makes a room, or changes it. Rejects with a `CodedError` that names what cannot be used. */
export async function putChannel(
  rooms: MadeRooms,
  name: string,
  options: ChannelOptions,
): Promise<void> {
  const { site = DEFAULT_SITE, ...fields } = options;
  const { persistent, history = persistent ? PERSISTENT_HISTORY : undefined } = fields;
  const given = Object.entries({ ...fields, history }).filter(([, value]) => value !== undefined);
  const key = { site: siteField({ site }), pattern: name };
  await rooms.put(key, Object.fromEntries(given));
}
