/** What the list shows, in which order: conversations and rooms, in sections, as far as the filter lets them through. */
import type { ConversationInfo } from "../../sdk/mod.ts";
import { type Chats, isMuted } from "./chats.ts";
import type { Rooms, RoomState } from "./rooms.ts";

export const FILTERS = ["all", "unread", "mentions", "rooms"] as const;
export type Filter = typeof FILTERS[number];

export type Entry =
  | { readonly kind: "conversation"; readonly key: string; readonly info: ConversationInfo }
  | { readonly kind: "room"; readonly key: string; readonly room: RoomState };

export interface Section {
  readonly name: "pinned" | "recent" | "muted" | "archived";
  readonly entries: readonly Entry[];
}

export function sectionsOf(chats: Chats, rooms: Rooms, filter: Filter): Section[] {
  const isShown = (entry: Entry) => passes(entry, filter);
  const conversations = chats.list.map(entryOf).filter(isShown);
  const open = rooms.map(roomEntry).filter(isShown);
  const pinned = conversations.filter(({ info }) => info.pinned);
  const muted = conversations.filter(({ info }) => !info.pinned && isMuted(info));
  const others = conversations.filter(({ info }) => !info.pinned && !isMuted(info));
  const recent = [...others, ...open].toSorted((a, b) => timeOf(b) - timeOf(a));
  const archived = filter === "all" ? chats.archived.map(entryOf) : [];
  return [
    { name: "pinned", entries: pinned },
    { name: "recent", entries: recent },
    { name: "muted", entries: muted },
    { name: "archived", entries: archived },
  ];
}

/** The next one with something unread, or just the next one; the list goes round. */
export function neighbour(
  sections: readonly Section[],
  current: string,
  { step, isUnread }: { step: 1 | -1; isUnread: boolean },
): Entry | undefined {
  const all = sections.flatMap(({ entries }) => entries);
  const ordered = step === 1 ? all : all.toReversed();
  const index = ordered.findIndex(({ key }) => key === current);
  const others = [...ordered.slice(index + 1), ...ordered.slice(0, Math.max(0, index))];
  return isUnread ? others.find((entry) => unreadOf(entry) > 0) : others[0];
}

export function unreadOf(entry: Entry): number {
  return entry.kind === "room" ? entry.room.unread : entry.info.unread;
}

export function conversationKey(id: number): string {
  return `c${id}`;
}

export function roomKey(room: string): string {
  return `r${room}`;
}

function entryOf(info: ConversationInfo) {
  return { kind: "conversation", key: conversationKey(info.id), info } as const;
}

function roomEntry(room: RoomState) {
  return { kind: "room", key: roomKey(room.room), room } as const;
}

function passes(entry: Entry, filter: Filter): boolean {
  switch (filter) {
    case "all":
      return true;
    case "unread":
      return unreadOf(entry) > 0;
    case "mentions":
      return entry.kind === "conversation" && entry.info.mentions > 0;
    case "rooms":
      return entry.kind === "room";
  }
}

/** A room where nothing was said yet stands where it was opened: above what is older than this visit. */
function timeOf(entry: Entry): number {
  if (entry.kind === "room") return entry.room.messages.at(-1)?.timestamp ?? Infinity;
  return entry.info.lastMessage?.createdAt ?? entry.info.createdAt;
}
