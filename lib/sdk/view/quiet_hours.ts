/** Quiet hours as bars of a day, and in words. */
import type { QuietDay, QuietHours } from "../preferences/types.ts";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** From a time of its day to one of that or the next, such as 22:00 to 07:00. */
export type Range = readonly [string, string];

const MINUTES = 24 * 60;

/** What is quiet on a day, in minutes from its midnight: its own ranges, and what goes on from the day before. */
export function barsOf(days: NonNullable<QuietHours["days"]>, day: QuietDay): [number, number][] {
  const before = DAYS[(DAYS.indexOf(day) + 6) % 7] ?? day;
  const own = (days[day] ?? []).map(([from, to]) => [minutesOf(from), minutesOf(to)] as const);
  const late = (days[before] ?? []).map(([from, to]) => [minutesOf(from), minutesOf(to)] as const);
  return [
    ...late.filter(([from, to]) => to < from && to > 0).map(([, to]): [number, number] => [0, to]),
    ...own.filter(([from, to]) => to !== from)
      .map(([from, to]): [number, number] => [from, to < from ? MINUTES : to]),
  ];
}

export function rangeWords(
  ranges: readonly Range[] = [],
  { none, allDay } = { none: "None", allDay: "All day" },
): string {
  if (ranges.length === 0) return none;
  if (ranges.some(([from, to]) => from === "00:00" && to === "24:00")) return allDay;
  return ranges.map(([from, to]) => `${from} – ${to}`).join(", ");
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
