/** The kinds of values that options have, as people type them, and the option that several subcommands share. */
import { readLocalTime, unixSeconds } from "../base/times.ts";
import { momentOf, readWhen, WHEN_ALLOWED } from "../base/when.ts";
import type { Option, OptionKind } from "./options.ts";

/** The user that a subcommand is about. */
export const USER = {
  short: "u",
  value: "USER",
  isRequired: true,
  help: "User id (required)",
} as const satisfies Option;

/** A point in time, read as Unix time in seconds. The text is local time unless it ends in `Z` or `+02:00`. */
export const TIME: OptionKind<number> = {
  allowed: "a time such as 2026-05-01T09:00, or Unix time in seconds",
  read: readLocalTime,
};

/** As {@linkcode TIME}, and as people say it: `30m`, `tomorrow 9:00`, by the clock of this machine. */
export const WHEN: OptionKind<number> = {
  allowed: `a time such as ${WHEN_ALLOWED}, or Unix time in seconds`,
  read(text) {
    const when = readLocalTime(text) ?? readWhen(text, unixSeconds());
    return typeof when === "object"
      ? momentOf(when, Temporal.Now.timeZoneId(), unixSeconds())
      : when;
  },
};

/** Any JSON value but null. */
export const JSON_VALUE: OptionKind<NonNullable<unknown>> = {
  allowed: 'JSON such as {"id":5}',
  read(text) {
    try {
      return JSON.parse(text) ?? undefined;
    } catch {
      return undefined;
    }
  },
};

/** A number of seconds. */
export const SECONDS: OptionKind<number> = {
  allowed: "a number of seconds from 1 on",
  read: (text) => /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined,
};

const UNIT_SECONDS: ReadonlyMap<string | undefined, number> = new Map([
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
]);

/** A duration such as `90d`, read in seconds. */
export const DURATION: OptionKind<number> = {
  allowed: "a number of minutes, hours or days, such as 30m, 12h or 90d",
  read(text) {
    const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
    const seconds = UNIT_SECONDS.get(unit);
    return seconds === undefined ? undefined : Number(count) * seconds;
  },
};
