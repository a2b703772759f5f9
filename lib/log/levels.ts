/** The levels of the log, and which of its categories are logged from which level on. */

export const LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"] as const;

export type Level = (typeof LEVELS)[number];

/** Categories with their levels, by names such as "notifyli.push". */
export type Levels = ReadonlyMap<string, Level>;

/** Most categories that have a level of their own. */
export const MOST_LEVELS = 50;

export const CATEGORY = /^notifyli(\.\w{1,40}){0,4}$/;

/** The level of a name; `undefined` where there is none. */
export function levelOf(name: unknown): Level | undefined {
  const whole = name === "warn" ? "warning" : name;
  return LEVELS.find((each) => each === whole);
}
