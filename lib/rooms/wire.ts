/** Rooms as answers and frames show them. */
import type { UserPresence } from "./store/store.ts";

/** A user in a room. */
export function userOnWire({ user_id, name, client_id, connected_at }: UserPresence) {
  return { user_id, name, client_id, connected_at };
}
