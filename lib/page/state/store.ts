/** The page's whole state, how each event changes it, and who is told; `session/session.ts` dispatches. */
import type { Contact, Message, State as ConnectionState, User } from "../../sdk/mod.ts";
import { DEFAULT_CONFIG, type ServerConfig } from "../config.ts";
import type { Identity } from "../session/identity.ts";
import { type Chats, NO_CHATS, type Presences } from "./chats.ts";
import { type Drafts, NO_DRAFTS } from "./drafts.ts";
import { addNotice, type Notice } from "./notices.ts";
import { HOME, type Place } from "./place.ts";
import type { Thread } from "./thread.ts";
import {
  enqueue,
  fail,
  remove,
  take,
  withoutTakenOf,
  withoutUnseenOf,
  type Written,
  type WrittenMessage,
} from "./written.ts";
import {
  addGap,
  addMessage,
  closeRoom,
  emptyRoom,
  hasRoom,
  leaveRoom,
  markRoomRead,
  neighbourOf,
  openRoom,
  type Rooms,
  setUsers,
  updateRoom,
  withoutNews,
} from "./rooms.ts";

export interface State {
  readonly config: ServerConfig;
  /** Who the user is; `null` until user id, room and name were given. */
  readonly identity: Identity | null;
  /** The user's site, as the server named it. It is empty until then. */
  readonly site: string;
  readonly connection: ConnectionState;
  readonly place: Place;
  readonly chats: Chats;
  /** The conversation that is open. */
  readonly thread: Thread | null;
  readonly presences: Presences;
  /** The user's contacts; `null` until they were asked for. */
  readonly contacts: readonly Contact[] | null;
  readonly drafts: Drafts;
  readonly rooms: Rooms;
  /** The name of the room that is shown. It is empty when none is. */
  readonly activeRoom: string;
  readonly written: Written;
  /** How many notifications are unread. */
  readonly unread: number;
  /** What was just done, and can be undone. */
  readonly notices: readonly Notice[];
  /** A complaint of the server that belongs to no message. */
  readonly alert: string | null;
}

export type Action =
  | { type: "config_loaded"; config: ServerConfig }
  | {
    type: "signed_in";
    identity: Identity;
    rooms: readonly string[];
    activeRoom: string;
    site: string;
    written: Written;
    drafts?: Drafts;
  }
  | { type: "place_opened"; place: Place }
  | { type: "chats_changed"; chats: Chats }
  | { type: "thread_changed"; thread: Thread | null }
  | { type: "presences_changed"; presences: Presences }
  | { type: "contacts_changed"; contacts: readonly Contact[] }
  | { type: "drafts_changed"; drafts: Drafts }
  | { type: "notice_raised"; notice: Notice }
  | { type: "notice_dismissed"; id: number }
  /** The server has named the user's site, so `written` is that of this account. */
  | { type: "site_named"; site: string; written: Written }
  | { type: "signed_out" }
  | { type: "connection_changed"; connection: ConnectionState }
  | { type: "room_opened"; room: string }
  | { type: "room_closed"; room: string }
  | { type: "room_activated"; room: string }
  /** The server has let us in, and told what was said before. */
  | { type: "room_joined"; room: string }
  /** The server has put us out of a room. */
  | { type: "room_left"; room: string; reason: string }
  | { type: "people_changed"; room: string; users: readonly User[]; userCount?: number }
  | { type: "gap_found"; room: string }
  /**
   * `isNews`: someone else said it, and not before we came.
   * `isWatched`: the page is visible, so that what comes to the active room is read.
   */
  | { type: "message_received"; message: Message; isNews: boolean; isWatched: boolean }
  | { type: "message_written"; entry: WrittenMessage }
  /** The server has the message now. */
  | { type: "message_taken"; id: string }
  | { type: "message_failed"; id: string; failure: string }
  | { type: "written_changed"; written: Written }
  | { type: "unread_changed"; unread: number }
  | { type: "alert_raised"; message: string }
  | { type: "alert_dismissed" };

export const INITIAL_STATE: State = {
  config: DEFAULT_CONFIG,
  identity: null,
  site: "",
  connection: { kind: "closed" },
  place: HOME,
  chats: NO_CHATS,
  thread: null,
  presences: new Map(),
  contacts: null,
  drafts: NO_DRAFTS,
  rooms: [],
  activeRoom: "",
  written: [],
  unread: 0,
  notices: [],
  alert: null,
};

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "config_loaded":
      return { ...state, config: action.config };
    case "signed_in":
      return {
        ...INITIAL_STATE,
        config: state.config,
        identity: action.identity,
        rooms: action.rooms.map(emptyRoom),
        activeRoom: action.activeRoom,
        place: action.activeRoom === "" ? HOME : { kind: "room", room: action.activeRoom },
        site: action.site,
        written: action.written,
        drafts: action.drafts ?? NO_DRAFTS,
      };
    case "place_opened":
      return openPlace(state, action.place);
    case "chats_changed":
      return { ...state, chats: action.chats };
    case "thread_changed":
      return { ...state, thread: action.thread };
    case "presences_changed":
      return { ...state, presences: action.presences };
    case "contacts_changed":
      return { ...state, contacts: action.contacts };
    case "drafts_changed":
      return { ...state, drafts: action.drafts };
    case "notice_raised":
      return { ...state, notices: addNotice(state.notices, action.notice) };
    case "notice_dismissed":
      return { ...state, notices: state.notices.filter(({ id }) => id !== action.id) };
    case "site_named":
      return { ...state, site: action.site, written: action.written };
    case "signed_out":
      return { ...INITIAL_STATE, config: state.config };
    case "connection_changed":
      return reduceConnection(state, action.connection);
    case "room_opened":
      return activate({ ...state, rooms: openRoom(state.rooms, action.room) }, action.room);
    case "room_closed":
      return reduceRoomClosed(state, action.room);
    case "room_activated":
      return activate(state, action.room);
    case "room_joined": {
      const rooms = updateRoom(state.rooms, action.room, (room) => ({
        ...room,
        isJoined: true,
        left: undefined,
      }));
      return { ...state, rooms, written: withoutTakenOf(state.written, action.room) };
    }
    case "room_left": {
      const { room, reason } = action;
      return { ...state, rooms: updateRoom(state.rooms, room, (each) => leaveRoom(each, reason)) };
    }
    case "people_changed": {
      const { room, users, userCount } = action;
      const rooms = updateRoom(state.rooms, room, (room) => setUsers(room, users, userCount));
      return { ...state, rooms };
    }
    case "gap_found":
      return { ...state, rooms: updateRoom(state.rooms, action.room, addGap) };
    case "message_received": {
      const { message, isNews, isWatched } = action;
      const isUnread = isNews && (!isWatched || message.room !== state.activeRoom);
      const add = updateRoom(state.rooms, message.room, (r) => addMessage(r, message, isUnread));
      const isOwn = message.userId === state.identity?.user_id;
      const written = isOwn ? remove(state.written, message.id) : state.written;
      return { ...state, rooms: add, written };
    }
    case "message_written":
      return { ...state, written: enqueue(state.written, action.entry) };
    case "message_taken":
      return reduceTaken(state, action.id);
    case "message_failed":
      return { ...state, written: fail(state.written, action.id, action.failure) };
    case "written_changed":
      return { ...state, written: action.written };
    case "unread_changed":
      return { ...state, unread: action.unread };
    case "alert_raised":
      return { ...state, alert: action.message };
    case "alert_dismissed":
      return { ...state, alert: null };
  }
}

/** Holds the state and tells who asked about each change. */
export class Store {
  #state = INITIAL_STATE;
  readonly #listeners = new Set<() => void>();

  get state(): State {
    return this.#state;
  }

  dispatch(action: Action): void {
    const next = reduce(this.#state, action);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` after each change; the answer ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Notes that no room is joined while there is no connection: what is said meanwhile is told on joining again. */
function reduceConnection(state: State, connection: ConnectionState): State {
  if (connection.kind === "online") return { ...state, connection };
  return { ...state, connection, rooms: state.rooms.map((r) => ({ ...r, isJoined: false })) };
}

/** Takes a message out of the written ones where its room is up to date and shows it; elsewhere it is still to come. */
function reduceTaken(state: State, id: string): State {
  const entry = state.written.find((entry) => entry.id === id);
  const room = state.rooms.find(({ room }) => room === entry?.room);
  const isToCome = room !== undefined && !room.isJoined;
  return { ...state, written: isToCome ? take(state.written, id) : remove(state.written, id) };
}

function reduceRoomClosed(state: State, room: string): State {
  const rooms = closeRoom(state.rooms, room);
  const next = { ...state, rooms, written: withoutUnseenOf(state.written, room) };
  return room === state.activeRoom ? activate(next, neighbourOf(state.rooms, room)) : next;
}

/** Shows a room, or where there is none of that name, the first one. */
function activate(state: State, name: string): State {
  const room = hasRoom(state.rooms, name) ? name : state.rooms[0]?.room;
  return openPlace(state, room === undefined ? HOME : { kind: "room", room });
}

/** Goes to a place. A room that is shown is read, and one that is left has no line of new messages any more. */
function openPlace(state: State, place: Place): State {
  const activeRoom = place.kind === "room" ? place.room : "";
  const left = activeRoom === state.activeRoom
    ? state.rooms
    : updateRoom(state.rooms, state.activeRoom, withoutNews);
  return { ...state, place, activeRoom, rooms: updateRoom(left, activeRoom, markRoomRead) };
}
