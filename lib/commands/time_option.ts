/** A point in time as people type it and read it. */

const ISO_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * Unix time in seconds of such a number, or of a time such as `2026-05-01T09:00`, which is local unless it ends in `Z`
 * or `+02:00`. `undefined` where it is neither.
 */
export function readTime(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const milliseconds = ISO_TIME.test(text) ? Date.parse(text.replace(" ", "T")) : NaN;
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}

/** Such as `2026-05-01T09:00:00+02:00`, in local time. */
export function localTime(unixSeconds: number): string {
  const date = new Date(unixSeconds * 1000);
  const offset = -date.getTimezoneOffset(); // minutes east of UTC
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
  const two = (number: number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${local}${offset < 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
}
