/** What it costs that users have preferences and quiet hours, for each notification. */
import { DAYS } from "../../../lib/preferences/types.ts";
import {
  besideEachOther,
  call,
  forEachUser,
  noneRefused,
  type NotifyingServer,
  type Side,
  sideDetail,
  type SideSeen,
  type StoreName,
  USERS,
} from "../notifications.ts";
import type { Row } from "../row.ts";
import type { ListenerName } from "../servers.ts";

/** Everybody has chosen ways for some kinds, and has a zone. */
const CHOSEN = {
  kinds: { news: { push: false }, order: { mail: false } },
  topics: { sport: { push: true } },
  time_zone: "Europe/Berlin",
};

const FIELDS = { message: "Your order has shipped.", room: "orders", kind: "order.shipped" };

const SIDES: readonly Side[] = [
  { name: "nobody has preferences", fields: FIELDS },
  {
    name: "all have preferences and quiet hours",
    fields: FIELDS,
    prepare: (server) => choose(server, hoursFromNow(8, 17)),
  },
  {
    name: "the same, and it is quiet now",
    fields: FIELDS,
    prepare: (server) => choose(server, hoursFromNow(-2, 7)),
  },
];

const SETUPS: readonly { readonly listener: ListenerName; readonly store: StoreName }[] = [
  { listener: "deno", store: "embedded" },
  { listener: "node", store: "embedded" },
  { listener: "deno", store: "Redis + PostgreSQL" },
];

export const notificationsPreferences: Row = {
  name: "notifications-preferences",
  question: "A notification to users who have preferences and quiet hours, beside those with none",
  async measure(bench) {
    const all: { where: string; seen: SideSeen[] }[] = [];
    for (const setup of SETUPS) {
      const where = `${setup.listener} listener, ${setup.store}`;
      all.push({ where, seen: await besideEachOther(bench, setup, SIDES) });
    }
    return {
      checks: [
        ...all.map(({ where, seen }) => ({
          what: `${where}: server CPU, to without`,
          value: seen[1]!.cpuRatio,
          target: 1.1,
          is: "at most" as const,
        })),
        noneRefused(all.flatMap(({ seen }) => seen)),
      ],
      details: all.flatMap(({ where, seen }) => seen.map((each) => sideDetail(where, each))),
      notes: [
        `${USERS} users get them in turn, by HTTP, all offline. Where it is quiet now, one thing more is stored for each user: that ` +
        "all of these ask for attention later.",
      ],
    };
  },
};

async function choose(
  server: NotifyingServer,
  ranges: readonly (readonly [string, string])[],
): Promise<void> {
  const days = Object.fromEntries(DAYS.map((day) => [day, ranges]));
  const preferences = { ...CHOSEN, quiet_hours: { days } };
  await forEachUser(
    USERS,
    (user) => call(server, "PUT", `/users/${user}/preferences`, preferences),
  );
}

/** A range of every day, by hours from now on the users' clock. */
function hoursFromNow(from: number, until: number): readonly (readonly [string, string])[] {
  const { hour } = Temporal.Now.zonedDateTimeISO(CHOSEN.time_zone);
  const at = (hours: number) => `${String((hour + hours + 24) % 24).padStart(2, "0")}:00`;
  return [[at(from), at(until)]];
}
