/** The rooms that are open as tabs: their messages, their people and what is unread in them. */
import type { Message, User } from "../../sdk/mod.ts";
import { shownText } from "../../sdk/view/text.ts";

/** What is shown of a message. */
export type ChatMessage = Pick<Message, "id" | "userId" | "name" | "message" | "timestamp">;

export interface RoomState {
  readonly room: string;
  /** The server has let us in on this connection, and told what was said before. */
  readonly isJoined: boolean;
  readonly messages: readonly ChatMessage[];
  /** The keys of messages behind which others may be missing. */
  readonly gaps: readonly string[];
  /** Who is there; nobody where they are too many to be named. */
  readonly users: readonly User[];
  readonly userCount: number;
  readonly unread: number;
  /** Where the messages begin that were unread when the room was shown, and how many they were, until it is left. */
  readonly news?: { readonly key: string; readonly count: number };
  /** Why the server has put us out; absent while it has not. */
  readonly left?: string;
}

export type Rooms = readonly RoomState[];

/** How many messages of each room are kept; when there are more, the oldest goes. */
export const MESSAGE_LIMIT = 500;

/** Tells a message from all others in its room. An id is its user's own: another user may take the same one. */
export function keyOf({ id, userId }: Pick<ChatMessage, "id" | "userId">): string {
  return `${id} ${userId}`;
}

export function emptyRoom(room: string): RoomState {
  return { room, isJoined: false, messages: [], gaps: [], users: [], userCount: 0, unread: 0 };
}

export function hasRoom(rooms: Rooms, name: string): boolean {
  return rooms.some(({ room }) => room === name);
}

export function openRoom(rooms: Rooms, name: string): Rooms {
  return hasRoom(rooms, name) ? rooms : [...rooms, emptyRoom(name)];
}

export function closeRoom(rooms: Rooms, name: string): Rooms {
  return rooms.filter(({ room }) => room !== name);
}

/** Which tab follows when one is closed: its right neighbour, or else the one on its left. */
export function neighbourOf(rooms: Rooms, name: string): string {
  const index = rooms.findIndex(({ room }) => room === name);
  return (rooms[index + 1] ?? rooms[index - 1])?.room ?? "";
}

/** Changes one room. A room that is no tab is left alone. */
export function updateRoom(
  rooms: Rooms,
  name: string,
  change: (room: RoomState) => RoomState,
): Rooms {
  return rooms.map((room) => room.room === name ? change(room) : room);
}

export function addMessage(
  room: RoomState,
  said: ChatMessage & Pick<Message, "data">,
  isUnread: boolean,
): RoomState {
  const key = keyOf(said);
  if (room.messages.some((message) => keyOf(message) === key)) return room;
  const { id, userId, name, timestamp } = said;
  const messages = [...room.messages, { id, userId, name, message: shownText(said), timestamp }];
  return {
    ...room,
    messages: messages.slice(-MESSAGE_LIMIT),
    unread: isUnread ? room.unread + 1 : room.unread,
  };
}

/** Something may be missing behind the newest message; where there is none, nobody misses anything. */
export function addGap(room: RoomState): RoomState {
  const last = room.messages.at(-1);
  if (last === undefined || room.gaps.includes(keyOf(last))) return room;
  const shown = room.gaps.filter((gap) => room.messages.some((message) => keyOf(message) === gap));
  return { ...room, gaps: [...shown, keyOf(last)] };
}

/** The server has put us out: nobody tells us any more who is there. */
export function leaveRoom(room: RoomState, reason: string): RoomState {
  return { ...room, isJoined: false, users: [], userCount: 0, left: reason };
}

/** The room is shown: nothing in it is unread, and a line marks what was. */
export function markRoomRead(room: RoomState): RoomState {
  if (room.unread === 0) return room;
  const first = room.messages.at(-room.unread);
  const news = first === undefined ? room.news : { key: keyOf(first), count: room.unread };
  return { ...room, unread: 0, news };
}

/** The room is not shown any more: what is new there next is another matter. */
export function withoutNews(room: RoomState): RoomState {
  return room.news === undefined ? room : { ...room, news: undefined };
}

const { compare } = new Intl.Collator();

/** Replaces all who are in the room. @param userCount how many they are, also where they are not named */
export function setUsers(
  room: RoomState,
  users: readonly User[],
  userCount = users.length,
): RoomState {
  const sorted = users.toSorted((a, b) => compare(a.name, b.name) || compare(a.userId, b.userId));
  return { ...room, users: sorted, userCount };
}
