/**
 * When a user's quiet hours begin and end, on the user's own clock. A time that a change of clocks leaves out is as much later,
 * and of one that comes twice it is the first.
 */
import { DAYS, type QuietHours } from "./types.ts";
import { daysOf, MINUTES_OF_DAY, weekdayOf, type ZoneDays } from "./zone_days.ts";

/** How many days ahead are looked at: what is quiet through all of them has no end. */
const DAYS_AHEAD = 8;

/** A stretch of time, in milliseconds of Unix time, in which it is quiet, or in which it is not. */
interface Stretch {
  readonly zone: string;
  readonly from: number;
  readonly until: number;
  readonly isQuiet: boolean;
}

/** The last stretch that was asked for: most ask for one moment after the other. */
const LAST = new WeakMap<QuietHours, Stretch>();

/**
 * When the quiet hours end in which a moment is: `undefined` where it is in none, `Infinity` where they have no end.
 *
 * @param zone whose clock counts, unless the quiet hours name one
 * @param now milliseconds of Unix time
 */
export function quietUntil(hours: QuietHours, zone: string, now: number): number | undefined {
  if (!hours.isOn) return undefined;
  const own = hours.timeZone ?? zone;
  const last = LAST.get(hours);
  const isLast = last !== undefined && last.zone === own && last.from <= now && now < last.until;
  const stretch = isLast ? last : stretchAt(hours, own, now);
  if (!isLast) LAST.set(hours, stretch);
  return stretch.isQuiet ? stretch.until : undefined;
}

function stretchAt(hours: QuietHours, zone: string, now: number): Stretch {
  const days = daysOf(zone);
  const today = days.dayOf(now);
  let end = now;
  let begin = now;
  let isQuiet = false;
  for (let ahead = -1; ahead < DAYS_AHEAD; ahead++) {
    for (const { from, until } of quietStretches(hours, days, today + ahead)) {
      if (until <= now || until <= end) continue;
      if (from > end) {
        return isQuiet
          ? { zone, from: begin, until: end, isQuiet }
          : { zone, from: now, until: from, isQuiet };
      }
      if (!isQuiet) begin = from;
      isQuiet = true;
      end = until;
    }
  }
  const horizon = days.momentOf(today + DAYS_AHEAD - 1, 0);
  if (!isQuiet) return { zone, from: now, until: horizon, isQuiet };
  return { zone, from: begin, until: end >= horizon ? Infinity : end, isQuiet };
}

/** The quiet stretches that begin on one day, by their beginnings. */
function quietStretches(
  { days }: QuietHours,
  clock: ZoneDays,
  day: number,
): { readonly from: number; readonly until: number }[] {
  const stretches: { from: number; until: number }[] = [];
  for (const { start, end } of days.get(DAYS[weekdayOf(day)]!) ?? []) {
    if (start === end) continue;
    const from = clock.momentOf(day, start);
    const until = clock.momentOf(day, end > start ? end : end + MINUTES_OF_DAY);
    if (until > from) stretches.push({ from, until });
  }
  return stretches.sort((one, other) => one.from - other.from);
}
