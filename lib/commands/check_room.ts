/** `notifyli check --room` says what holds for a room, and what a user and a guest may do there. */
import { newGuest } from "../auth/identity.ts";
import { CodedError } from "../base/errors.ts";
import { isOpenServer } from "../base/open_server.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import type { Config } from "../configuration.ts";
import type { Identity } from "../core/identity.ts";
import { RoomAccess } from "../rooms/access.ts";
import { RoomRules } from "../rooms/rules/room_rules.ts";
import { type RoomWithRule, USER_ROOMS } from "../rooms/rules/rule.ts";
import { wordsOf } from "../rooms/rules/words.ts";
import type { Checked } from "./check_all.ts";
import { table } from "./table.ts";

/** @param user one who has nothing but a connection token */
export function describeRoom(
  { config, rooms, tokens }: Checked,
  name: string,
  user: string | undefined,
): string {
  const rules = new RoomRules(rooms, config.rooms.history);
  const room = rules.of(DEFAULT_SITE, name);
  const isOpen = isOpenServer(config.auth);
  const words = wordsOf(room, !isOpen);
  const isUsers = !isOpen && name.startsWith(USER_ROOMS);
  const enter = isUsers ? `user ${name.slice(USER_ROOMS.length)} alone` : words.enter;
  const access = new RoomAccess(rules, { tokens, isOpen });
  const verdicts = isOpen
    ? []
    : asked(user, access).map(([who, identity]) => [who, verdict(access, name, identity)]);
  return `${JSON.stringify(name)}: ${origin(room, config)}\n\n${
    table([...Object.entries({ ...words, enter }), ...verdicts])
  }`;
}

/** The people of whom the answer says what they may do. */
function asked(
  user: string | undefined,
  { takesGuests }: RoomAccess,
): [who: string, identity: Identity][] {
  const all: [string, Identity][] = [];
  if (user !== undefined) all.push([`user ${user}`, { site: DEFAULT_SITE, user, rooms: [] }]);
  if (takesGuests) all.push(["a guest", newGuest()]);
  return all;
}

function origin({ pattern }: RoomWithRule, { rooms }: Config): string {
  const { file = "APP_PRIVATE_ROOMS" } = rooms;
  return pattern === undefined
    ? "no rule names it"
    : `by the rule ${JSON.stringify(pattern)} of ${file}`;
}

/** What someone may do, by the checks that the server itself makes. */
function verdict(access: RoomAccess, room: string, identity: Identity): string {
  const refusal = refusalOf(() => access.requireEntry(identity, room));
  if (refusal !== undefined) return refusal;
  const isMute = refusalOf(() => access.requireSpeech(identity, room, true)) !== undefined;
  return isMute ? "may enter, but not speak" : "may enter, and speak";
}

function refusalOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error.message;
    throw error;
  }
}
