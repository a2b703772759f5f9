/** What the page's own address says about who and where: `?user_id=&room=&name=` fills the form in. */
import type { ConnectAnswers } from "./identity.ts";

const FIELDS = ["user_id", "room", "name"] as const;

export function readPrefill(search: string): Partial<ConnectAnswers> {
  const query = new URLSearchParams(search);
  const prefill: Partial<ConnectAnswers> = {};
  for (const field of FIELDS) {
    const value = query.get(field)?.trim();
    if (value) prefill[field] = value;
  }
  return prefill;
}

/** Returns the address without these fields, so that a reload goes on with what was chosen. */
export function withoutPrefill(address: string): string {
  const url = new URL(address);
  for (const field of FIELDS) url.searchParams.delete(field);
  return url.pathname + url.search + url.hash;
}
