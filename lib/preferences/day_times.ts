/** Times of a day as people write them, `22:00`, and as minutes from midnight. */

/** What a time of a day may be, for an error that says so. */
export const TIMES_ALLOWED = "a time from 00:00 to 24:00";

/** `undefined` for what is no time. */
export function minutesIn(value: unknown): number | undefined {
  const [, hours, minutes] = /^(\d{1,2}):(\d\d)$/.exec(String(value).trim()) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && total <= 1440 ? total : undefined;
}

export function dayTime(minutes: number): string {
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60];
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}
