/** The time of day. */

const format = new Intl.DateTimeFormat(undefined, {
  ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
});

/** @param at Unix seconds */
export function clock(at: number): string {
  return format.format(at * 1000);
}
