/** Who the user is and where to: the answers of the connect form, and what is wrong with them. */

import { isVisible } from "../../base/visible_text.ts";

export interface Identity {
  user_id: string;
  name: string;
}

export interface ConnectAnswers extends Identity {
  room: string;
  /** Proves who the user is. It is empty in open mode. */
  token: string;
}

const USER_ID_LIMIT = 64;
const NAME_LIMIT = 64;
const ROOM_LIMIT = 128;
const TOKEN_LIMIT = 8192;

/** Each returns a sentence for the user, or `null` when the value is good. */
export const problemOf = {
  user_id: (value: string) => problem(value, "user id", USER_ID_LIMIT),
  room: (value: string) => problem(value, "room", ROOM_LIMIT),
  name: (value: string) => problem(value, "name", NAME_LIMIT),
  token: (value: string) => problem(value, "token", TOKEN_LIMIT),
};

/** The room of one user alone, by convention. */
export function userRoom(userId: string): string {
  return `/user/${userId}`;
}

/** Rooms that a user is in without a tab, so that other systems find them there: `online` in their answers. */
export function silentRooms(userId: string, botRoom: string): string[] {
  return [userRoom(userId), botRoom].filter((room) => room !== "");
}

function problem(value: string, what: string, limit: number): string | null {
  const text = value.trim();
  if (text === "") return `Enter a ${what}.`;
  if (text.length > limit) return `That ${what} is too long: ${limit} characters at most.`;
  if (/\p{Cc}/u.test(text)) return `A ${what} cannot have control characters.`;
  if (/[\u202a-\u202e\u2066-\u2069]/u.test(text)) {
    return `A ${what} cannot have characters that turn its direction.`;
  }
  return isVisible(text) ? null : `A ${what} needs characters that can be seen.`;
}
