/** Finds what the user may jump to by a part of its name: conversations, rooms and people. */
import { partnersOf } from "./chats.ts";
import type { State } from "./store.ts";

export type PlaceFound =
  | {
    readonly kind: "conversation";
    readonly key: string;
    readonly id: number;
    readonly name: string;
    readonly picture?: string;
    /** The other one, of a private conversation. */
    readonly userId?: string;
    readonly hint: string;
  }
  | {
    readonly kind: "room";
    readonly key: string;
    readonly name: string;
    readonly userId?: undefined;
    readonly picture?: undefined;
    readonly hint: string;
  }
  | {
    readonly kind: "person";
    readonly key: string;
    readonly userId: string;
    readonly name: string;
    readonly picture?: undefined;
    readonly hint: string;
  };

/** No more are shown: more letters find fewer. */
const FOUND_LIMIT = 8;

export function placesFor(wanted: string, { chats, rooms, contacts }: State): PlaceFound[] {
  if (wanted === "") return [];
  const conversations = [...chats.list, ...chats.archived].map((info): PlaceFound => ({
    ...{ kind: "conversation", key: `c${info.id}`, id: info.id, name: info.name } as const,
    picture: info.picture,
    userId: info.with?.userId,
    hint: info.kind === "private" ? "Conversation" : `Group of ${info.membersCount}`,
  }));
  const open = rooms.map(({ room, userCount }): PlaceFound => ({
    ...{ kind: "room", key: `r${room}`, name: room } as const,
    hint: userCount > 0 ? `Room, ${userCount} there` : "Room",
  }));
  const known = new Set(partnersOf(chats).map(({ userId }) => userId));
  const people = (contacts ?? []).filter(({ userId, blocked }) => !known.has(userId) && !blocked)
    .map(({ userId, name }): PlaceFound => (
      { kind: "person", key: `p${userId}`, userId, name, hint: "Write to" }
    ));
  return [...conversations, ...open, ...people]
    .map((place) => ({ place, rank: rankOf(place.name, wanted) }))
    .filter(({ rank }) => rank > 0)
    .toSorted((a, b) => b.rank - a.rank)
    .slice(0, FOUND_LIMIT)
    .map(({ place }) => place);
}

/** How well a name fits: a name that begins so, then a word in it that does, then any part of it; 0 where none does. */
export function rankOf(name: string, wanted: string): number {
  const [whole, part] = [plain(name), plain(wanted.trim())];
  if (whole.startsWith(part)) return 3;
  if (whole.split(/[\s\-_/.]+/u).some((word) => word.startsWith(part))) return 2;
  return whole.includes(part) ? 1 : 0;
}

/** Without marks on letters: who looks for "kovac" means "Kovač". */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}
