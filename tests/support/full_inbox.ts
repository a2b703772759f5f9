/** Fills inboxes with long notifications, for tests of what they cost, and reads what the server counts meanwhile. */
import assert from "node:assert/strict";
import type { Program } from "./program.ts";

/** A text near to the most characters that a message may have. */
export const LONG = "x".repeat(9_000);

/** Sends a notification to a user. @param message it is long where none is given */
export async function notify(
  { url }: Program,
  { user, room = `/user/${user}`, message = LONG }: {
    readonly user: number;
    readonly room?: string;
    readonly message?: string;
  },
): Promise<void> {
  const query = new URLSearchParams({ room });
  const answer = await fetch(`${url}/api/users/${user}/notifications?${query}`, {
    method: "POST",
    body: message,
  });
  await answer.body?.cancel();
  assert.equal(answer.status, 201);
}

/** What an open server counts. */
export async function stats({ url }: Program): Promise<Record<string, number>> {
  return await (await fetch(`${url}/api/stats`)).json();
}

/** The numbers from 0 on. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
