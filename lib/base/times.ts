/**
 * Times as frames, answers and stores carry them: Unix times in whole seconds. All that others give as a time, by whichever
 * way it comes, is read here, so that there is one range and one answer.
 */

/** The last second of the year 9999. What is later is no time in seconds, but one in a smaller unit. */
export const LAST_SECOND = 253_402_300_799;

/** What a time may be, for an error that says so. */
export const TIME_ALLOWED =
  "a time from 1970 to 9999: Unix seconds, or ISO 8601 with a zone, such as 2026-05-01T09:00:00Z";

/** How many of each unit are a second: of seconds, milliseconds, microseconds and nanoseconds. */
const UNITS = [1, 1e3, 1e6, 1e9];

const DECIMAL = /^\d{1,20}(?:\.\d*)?$/;

/** In a query, the `+` before a zone that was not encoded is a space. PostgreSQL writes zones of whole hours as `+01`. */
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:([Zz])| ?([-+ ])(\d\d)(?::?(\d\d))?)?$/;

export function unixSeconds(): number {
  return inSeconds(Date.now());
}

/** @param milliseconds a Unix time, as the server keeps it */
export function inSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

/**
 * Reads a time, in Unix seconds; `undefined` for what is none. A fraction of a second is dropped. A number that is too
 * large for seconds is read in the largest unit in which it is a time, which is right for all times since 1978.
 *
 * @param value a number, the same as text, an ISO 8601 text with a zone, or a `Date`
 */
export function readTime(value: unknown): number | undefined {
  if (typeof value === "number") return fromNumber(value);
  if (value instanceof Date) return inRange(inSeconds(value.getTime()));
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  return DECIMAL.test(text) ? fromNumber(Number(text)) : fromIso(text);
}

/** Reads a time as people type it, in Unix seconds: as {@linkcode readTime}, and an ISO 8601 text without a zone is local. */
export function readLocalTime(text: string): number | undefined {
  return readTime(text) ?? fromIso(text.trim(), true);
}

/** A time that was stored, whichever version took it. One that is none has the time `fallback`. */
export function storedTime(value: number, fallback = 0): number {
  return value >= 0 && value <= LAST_SECOND ? value : fromNumber(value) ?? fallback;
}

function inRange(seconds: number): number | undefined {
  return seconds >= 0 && seconds <= LAST_SECOND ? seconds : undefined;
}

function fromNumber(value: number): number | undefined {
  if (!(value >= 0)) return undefined;
  return UNITS.map((unit) => Math.floor(value / unit)).find((seconds) => seconds <= LAST_SECOND);
}

/** `undefined` for a text that is not of this form, has no zone, or names a day or an hour that there is not. */
function fromIso(text: string, isLocal = false): number | undefined {
  const [isIso, ...parts] = ISO.exec(text) ?? [];
  if (isIso === undefined) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(0, 6).map((part) =>
    Number(part ?? 0)
  );
  const named = [year!, month! - 1, day!, hour!, minute!, second!] as const;
  const [, , , , , , utc, sign, zoneHours, zoneMinutes] = parts;
  const hasZone = utc !== undefined || sign !== undefined;
  if (hasZone === isLocal) return undefined;
  if (Number(zoneHours ?? 0) > 23 || Number(zoneMinutes ?? 0) > 59) return undefined;
  const date = isLocal ? new Date(...named) : new Date(Date.UTC(...named));
  if (partsOf(date, isLocal).some((part, index) => part !== named[index])) return undefined;
  const offset = (Number(zoneHours ?? 0) * 60 + Number(zoneMinutes ?? 0)) * 60;
  return inRange(date.getTime() / 1000 - (sign === "-" ? -offset : offset));
}

/** What a date shows: 30 February shows as 2 March, and an hour that the change of clocks leaves out as another. */
function partsOf(date: Date, isLocal: boolean): number[] {
  return isLocal
    ? [
      ...[date.getFullYear(), date.getMonth(), date.getDate()],
      ...[date.getHours(), date.getMinutes(), date.getSeconds()],
    ]
    : [
      ...[date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()],
      ...[date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()],
    ];
}
