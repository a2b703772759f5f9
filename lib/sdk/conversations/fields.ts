/** Reads single fields of what the server says. */
import { parseUser } from "../core/frames.ts";
import { invalid } from "../core/replies.ts";
import type { User } from "../core/types.ts";

/** The value's items. */
export function list(value: unknown, field: string): readonly unknown[] {
  return Array.isArray(value) ? value : invalid(field, value);
}

export function users(value: unknown): User[] {
  return (Array.isArray(value) ? value : []).flatMap((user) => parseUser(user) ?? []);
}

export function ids(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

export function optionalNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** A field that is absent rather than `undefined`. */
export function optional<K extends string, T>(name: K, value: T | undefined): { [key in K]?: T } {
  return value === undefined ? {} : { [name]: value } as { [key in K]: T };
}
