/** Reads fields of several kinds, as JSON, forms and headers have them. */
import { type Fields, invalid, isBlank } from "../../base/fields.ts";

const YES = new Set<unknown>([true, 1, "true", "1", "yes", "on"]);
const NO = new Set<unknown>([false, 0, "false", "0", "no", "off"]);

export function isMissing(value: unknown): value is undefined | null {
  return value === undefined || value === null || isBlank(value);
}

/** `true`, or `undefined` for what is not so or not said. */
export function flagField(fields: Fields, field: string): true | undefined {
  const value = fields[field];
  if (isMissing(value)) return undefined;
  const flag = typeof value === "string" ? value.trim().toLowerCase() : value;
  if (YES.has(flag)) return true;
  if (NO.has(flag)) return undefined;
  throw invalid(field, value, "true or false");
}

/** A whole number in a range, or its digits. */
export function wholeField(
  fields: Fields,
  field: string,
  least: number,
  most: number,
): number | undefined {
  const value = fields[field];
  if (isMissing(value)) return undefined;
  const isNumber = typeof value === "number" ||
    typeof value === "string" && /^\d{1,9}$/.test(value.trim());
  const number = Number(value);
  if (isNumber && Number.isInteger(number) && number >= least && number <= most) return number;
  throw invalid(field, value, `a whole number from ${least} to ${most}`);
}

/** A list; where all is text, the same as JSON, or with commas between. */
export function listField(field: string, value: unknown, allowed: string): readonly unknown[] {
  const list = typeof value === "string" ? listIn(value) : value;
  if (Array.isArray(list)) return list;
  throw invalid(field, value, allowed);
}

function listIn(text: string): unknown {
  if (!text.trimStart().startsWith("[")) return text.split(",").filter((each) => !isBlank(each));
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
