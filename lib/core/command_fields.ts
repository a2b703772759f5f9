/** Reads fields that several capabilities' commands have. Each function throws a `CodedError` with field and value. */
import { CodedError } from "../base/errors.ts";
import { type Fields, invalid } from "../base/fields.ts";
import type { Position } from "./publication.ts";

/** The most notifications, messages or users of one answer. */
export const MAX_PAGE = 1000;
const DEFAULT_PAGE = 50;

/** `ref`: a string of up to 64 characters or a whole number. */
export function refField(fields: Fields): string | number | undefined {
  const ref = fields["ref"];
  if (ref === undefined || ref === null) return undefined;
  if (typeof ref === "string" && ref.length <= 64 || Number.isSafeInteger(ref)) {
    return ref as string | number;
  }
  throw invalid("ref", ref, "a string of up to 64 characters or a whole number");
}

/** An optional position: `{"offset":41,"epoch":"3f2a81c0"}`. */
export function positionField(fields: Fields, field: string): Position | undefined {
  const value = fields[field];
  if (value === undefined || value === null) return undefined;
  const { offset, epoch } = typeof value === "object" ? value as Fields : {};
  if (Number.isSafeInteger(offset) && Number(offset) >= 0 && typeof epoch === "string") {
    return { offset: Number(offset), epoch: epoch.slice(0, 64) };
  }
  throw invalid(field, value, 'a position such as {"offset":41,"epoch":"3f2a81c0"}');
}

/** `ids`: a list of 1 to 1,000 ids. */
export function idsField(fields: Fields): string[] {
  const value = fields["ids"];
  if (value === undefined || value === null) {
    throw new CodedError("missing_field", "Missing field 'ids'", { field: "ids" });
  }
  const allowed = `a list of 1 to ${MAX_PAGE} ids`;
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_PAGE) {
    throw invalid("ids", value, allowed);
  }
  const wrong = value.find((id) => typeof id !== "string" || id === "" || id.length > 64);
  if (wrong !== undefined) throw invalid("ids", wrong, allowed);
  return value;
}

/** `limit`: 1 to 1,000. @param usual the limit if it is missing */
export function pageSize(fields: Fields, usual: number = DEFAULT_PAGE): number {
  const limit = wholeNumber(fields, "limit") ?? usual;
  if (limit >= 1 && limit <= MAX_PAGE) return limit;
  throw invalid("limit", limit, `a whole number from 1 to ${MAX_PAGE}`);
}

/** A whole number from 0 on; `undefined` if it is missing. */
export function wholeNumber(fields: Fields, field: string): number | undefined {
  const value = fields[field];
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw invalid(field, value, "a whole number");
}

/** A boolean field, `false` if it is missing. */
export function flag(fields: Fields, field: string): boolean {
  const value = fields[field];
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw invalid(field, value, "true or false");
}
