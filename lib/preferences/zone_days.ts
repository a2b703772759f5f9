/**
 * The days of a time zone's clock. What the calendar says takes it 30 µs each time, and thousands of users of one zone ask for the
 * same few moments when something is sent to all of them: so what was asked last is kept.
 */

export const MINUTES_OF_DAY = 1440;

const DAY_MS = MINUTES_OF_DAY * 60_000;

/** 1 January 1970 was a Thursday. */
const WEEKDAY_OF_FIRST = 3;

/** Zones and moments of each that are kept: the clock of a user is one of a few hundred, and quiet hours are mostly of few shapes. */
const MOST_ZONES = 1000;
const MOST_MOMENTS = 1000;

/** The weekday of a day: 0 is a Monday. @param day counted from 1 January 1970 */
export function weekdayOf(day: number): number {
  return ((day + WEEKDAY_OF_FIRST) % 7 + 7) % 7;
}

export class ZoneDays {
  readonly #zone: string;
  readonly #moments = new Map<number, number>();
  /** The day that was asked for last, with the moments at which it begins and ends. */
  #last = { day: NaN, from: Infinity, until: -Infinity };

  /** @param zone an IANA name, or an offset. Its use throws a `RangeError` where this machine's calendar does not know it */
  constructor(zone: string) {
    this.#zone = zone;
  }

  /** The day on which a moment is, counted from 1 January 1970. @param now milliseconds of Unix time */
  dayOf(now: number): number {
    if (this.#last.from <= now && now < this.#last.until) return this.#last.day;
    const date = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(this.#zone)
      .toPlainDate();
    const day = Date.UTC(date.year, date.month - 1, date.day) / DAY_MS;
    this.#last = { day, from: now, until: this.momentOf(day + 1, 0) };
    return day;
  }

  /**
   * When the clock shows a time, in milliseconds of Unix time. A time that a change of clocks leaves out is as much later, and of
   * one that comes twice it is the first.
   *
   * @param minutes from the day's midnight, by the clock; those of the next day as well
   */
  momentOf(day: number, minutes: number): number {
    const key = day * MINUTES_OF_DAY + minutes;
    const known = this.#moments.get(key);
    if (known !== undefined) return known;
    const shown = new Date(key * 60_000);
    const moment = new Temporal.PlainDateTime(
      shown.getUTCFullYear(),
      shown.getUTCMonth() + 1,
      shown.getUTCDate(),
      shown.getUTCHours(),
      shown.getUTCMinutes(),
    ).toZonedDateTime(this.#zone).epochMilliseconds;
    if (this.#moments.size === MOST_MOMENTS) this.#moments.clear();
    this.#moments.set(key, moment);
    return moment;
  }
}

const ZONES = new Map<string, ZoneDays>();

/** The days of a zone, as far as they are known. */
export function daysOf(zone: string): ZoneDays {
  let days = ZONES.get(zone);
  if (days === undefined) {
    if (ZONES.size === MOST_ZONES) ZONES.clear();
    ZONES.set(zone, days = new ZoneDays(zone));
  }
  return days;
}
