/** Numbers, sizes and times as people read them. */

const whole = new Intl.NumberFormat();
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const fine = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const clockTime = new Intl.DateTimeFormat(undefined, {
  ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
});
const minuteTime = new Intl.DateTimeFormat(undefined, {
  ...{ hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
});
const dayTime = new Intl.DateTimeFormat(undefined, {
  ...{ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
});
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export function count(value: number): string {
  return Math.abs(value) >= 100_000 ? short.format(value) : whole.format(Math.round(value));
}

/** A rate, with a part of one where it is small. */
export function rate(value: number): string {
  return value < 10 ? fine.format(value) : count(value);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), units.length - 1);
  return `${fine.format(value / 1024 ** power)} ${units[power]}`;
}

export function milliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "—";
  return value < 1000 ? `${fine.format(value)} ms` : `${fine.format(value / 1000)} s`;
}

/** A time of today by its clock, any other with its day. @param at Unix seconds */
export function when(at: number): string {
  const date = new Date(at * 1000);
  const isToday = date.toDateString() === new Date().toDateString();
  return (isToday ? clockTime : dayTime).format(date);
}

export function minute(at: number): string {
  return minuteTime.format(at * 1000);
}

/** With milliseconds. */
export function exact(at: number): string {
  const part = Math.floor((at * 1000) % 1000);
  return `${clockTime.format(at * 1000)}.${String(part).padStart(3, "0")}`;
}

export function fully(at: number): string {
  return fullTime.format(at * 1000);
}

/** How long something takes or took. */
export function duration(seconds: number): string {
  if (seconds < 0) return "0 s";
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

export function ago(at: number, now = Date.now() / 1000): string {
  const seconds = now - at;
  return seconds < 5 ? "now" : `${duration(seconds)} ago`;
}
