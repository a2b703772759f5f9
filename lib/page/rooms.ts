/** The rooms that are open as tabs: their messages, their people and what is unread in them. */
import type { PresentUser, UserMessageFrame } from "./frames.ts";

export interface ChatMessage {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly message: string;
  /** Unix seconds. */
  readonly timestamp: number;
}

export interface Room {
  readonly room: string;
  readonly messages: readonly ChatMessage[];
  readonly users: readonly PresentUser[];
  readonly unread: number;
}

export type Rooms = readonly Room[];

/** Messages kept of each room; when full, the oldest goes. */
export const MESSAGE_LIMIT = 500;

export function emptyRoom(room: string): Room {
  return { room, messages: [], users: [], unread: 0 };
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
export function updateRoom(rooms: Rooms, name: string, change: (room: Room) => Room): Rooms {
  return rooms.map((room) => room.room === name ? change(room) : room);
}

export function addMessage(room: Room, frame: UserMessageFrame, isUnread: boolean): Room {
  if (room.messages.some(({ id }) => id === frame.id)) return room;
  const { id, user_id, name, message, timestamp } = frame;
  const messages = [...room.messages, { id, user_id, name, message, timestamp }];
  return {
    ...room,
    messages: messages.slice(-MESSAGE_LIMIT),
    unread: isUnread ? room.unread + 1 : room.unread,
  };
}

export function markRoomRead(room: Room): Room {
  return room.unread === 0 ? room : { ...room, unread: 0 };
}

/** Replaces everyone. A user who is listed twice counts once. */
export function setUsers(room: Room, users: readonly PresentUser[]): Room {
  const byId = new Map(users.map(({ user_id, name }) => [user_id, { user_id, name }]));
  return { ...room, users: sorted([...byId.values()]) };
}

/** A `join` may come again after a reconnect, or tell a new name. */
export function addUser(room: Room, { user_id, name }: PresentUser): Room {
  const others = room.users.filter((user) => user.user_id !== user_id);
  return { ...room, users: sorted([...others, { user_id, name }]) };
}

export function removeUser(room: Room, userId: string): Room {
  return { ...room, users: room.users.filter((user) => user.user_id !== userId) };
}

const { compare } = new Intl.Collator();

function sorted(users: readonly PresentUser[]): PresentUser[] {
  return users.toSorted((a, b) => compare(a.name, b.name) || compare(a.user_id, b.user_id));
}
