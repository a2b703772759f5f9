/** Commands that send a notification to a user, ready to be pasted into a terminal. */
import { wireUserId } from "../sdk/core/frames.ts";
import { userRoom } from "./session/identity.ts";
import { shellQuote } from "./text.ts";

const EXAMPLE = "Your order has shipped";

/**
 * @param server its address, with a slash at the end
 *
 * @example
 * ```ts
 * import { curlLine } from "./recipes.ts";
 * console.log(curlLine("http://localhost:7000/", "123"));
 * // curl -d "Your order has shipped" http://localhost:7000/api/users/123/notifications
 * ```
 */
export function curlLine(server: string, userId: string): string {
  const address = `${server}api/users/${encodeURIComponent(userId)}/notifications`;
  return `curl -d "${EXAMPLE}" ${shellQuote(address)}`;
}

export function redisLine(channel: string, userId: string): string {
  const payload = { user_id: wireUserId(userId), room: userRoom(userId), message: EXAMPLE };
  return `redis-cli PUBLISH ${shellQuote(channel)} ${shellQuote(JSON.stringify(payload))}`;
}
