/** Reads a kind: the category of a notification, such as `order.shipped`, by which users choose what they want and how. */
import { invalid, isBlank } from "./fields.ts";

/** Most characters. */
export const KIND = 64;

export const KIND_FORM = /^[A-Za-z0-9][\w.:-]*$/;

/** What a kind may be, for an error that says so. */
export const KIND_ALLOWED = `1 to ${KIND} of A-Z a-z 0-9 _ . : -, such as order.shipped`;

export function kindField(value: unknown): string | undefined {
  if (value === undefined || value === null || isBlank(value)) return undefined;
  const kind = typeof value === "string" ? value.trim() : value;
  if (isKind(kind)) return kind;
  throw invalid("kind", value, KIND_ALLOWED);
}

export function isKind(value: unknown): value is string {
  return typeof value === "string" && value.length <= KIND && KIND_FORM.test(value);
}
