/** The page's whole state, how each event changes it, and who is told; `session.ts` dispatches. */
import { DEFAULT_CONFIG, type ServerConfig } from "./config.ts";
import type { ConnectionState } from "./connection.ts";
import type { ServerFrame } from "./frames.ts";
import type { Identity } from "./identity.ts";
import { addNotice, markAllRead, markRead, type Notices, TOAST_LIMIT } from "./notices.ts";
import { enqueue, fail, type Outbox, type OutboxEntry, remove } from "./outbox.ts";
import {
  addMessage,
  addUser,
  closeRoom,
  emptyRoom,
  hasRoom,
  markRoomRead,
  neighbourOf,
  openRoom,
  removeUser,
  type Rooms,
  setUsers,
  updateRoom,
} from "./rooms.ts";

export interface State {
  readonly config: ServerConfig;
  /** `null` until user id, room and name were given. */
  readonly identity: Identity | null;
  readonly connection: ConnectionState;
  readonly rooms: Rooms;
  /** Empty when no room is open. */
  readonly activeRoom: string;
  readonly outbox: Outbox;
  readonly notices: Notices;
  /** Ids of the notices that are on the screen as toasts, oldest first. */
  readonly toasts: readonly string[];
  /** What the server had to say that belongs to no message. */
  readonly alert: string | null;
}

export type Action =
  | { type: "config_loaded"; config: ServerConfig }
  | {
    type: "signed_in";
    identity: Identity;
    rooms: readonly string[];
    activeRoom: string;
    outbox: Outbox;
    notices: Notices;
  }
  | { type: "signed_out" }
  | { type: "connection_changed"; connection: ConnectionState }
  /** `isWatched`: whether the page is visible, so that what comes to the active room is read. */
  | { type: "frame_received"; frame: ServerFrame; isWatched: boolean }
  | { type: "room_opened"; room: string }
  | { type: "room_closed"; room: string }
  | { type: "room_activated"; room: string }
  | { type: "message_written"; entry: OutboxEntry }
  | { type: "outbox_changed"; outbox: Outbox }
  | { type: "notices_changed"; notices: Notices }
  | { type: "notice_read"; id: string }
  | { type: "all_notices_read" }
  | { type: "toast_dismissed"; id: string }
  | { type: "alert_raised"; message: string }
  | { type: "alert_dismissed" };

export const INITIAL_STATE: State = {
  config: DEFAULT_CONFIG,
  identity: null,
  connection: { kind: "idle" },
  rooms: [],
  activeRoom: "",
  outbox: [],
  notices: [],
  toasts: [],
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
        outbox: action.outbox,
        notices: action.notices,
      };
    case "signed_out":
      return { ...INITIAL_STATE, config: state.config };
    case "connection_changed":
      return { ...state, connection: action.connection };
    case "frame_received":
      return reduceFrame(state, action.frame, action.isWatched);
    case "room_opened":
      return activate({ ...state, rooms: openRoom(state.rooms, action.room) }, action.room);
    case "room_closed":
      return reduceRoomClosed(state, action.room);
    case "room_activated":
      return activate(state, action.room);
    case "message_written":
      return { ...state, outbox: enqueue(state.outbox, action.entry) };
    case "outbox_changed":
      return { ...state, outbox: action.outbox };
    case "notices_changed":
      return { ...state, notices: action.notices };
    case "notice_read":
      return { ...state, notices: markRead(state.notices, action.id) };
    case "all_notices_read":
      return { ...state, notices: markAllRead(state.notices), toasts: [] };
    case "toast_dismissed":
      return { ...state, toasts: state.toasts.filter((id) => id !== action.id) };
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

function reduceFrame(state: State, frame: ServerFrame, isWatched: boolean): State {
  switch (frame.type) {
    case "usermsg": {
      const isUnread = frame.user_id !== state.identity?.user_id &&
        (!isWatched || frame.room !== state.activeRoom);
      const rooms = updateRoom(state.rooms, frame.room, (r) => addMessage(r, frame, isUnread));
      return { ...state, rooms, outbox: remove(state.outbox, frame.id) };
    }
    case "direct_message": {
      const notices = addNotice(state.notices, frame);
      if (notices === state.notices) return state;
      return { ...state, notices, toasts: [...state.toasts, frame.id].slice(-TOAST_LIMIT) };
    }
    case "presence":
      return {
        ...state,
        rooms: updateRoom(state.rooms, frame.room, (r) => setUsers(r, frame.users)),
      };
    case "join":
      return { ...state, rooms: updateRoom(state.rooms, frame.room, (r) => addUser(r, frame)) };
    case "leave": {
      const rooms = updateRoom(state.rooms, frame.room, (r) => removeUser(r, frame.user_id));
      return { ...state, rooms };
    }
    case "error":
      return state.outbox.some(({ id }) => id === frame.id)
        ? { ...state, outbox: fail(state.outbox, frame.id ?? "", frame.message) }
        : { ...state, alert: frame.message };
    case "left":
    case "pong":
      return state;
  }
}

function reduceRoomClosed(state: State, room: string): State {
  const rooms = closeRoom(state.rooms, room);
  if (room !== state.activeRoom) return { ...state, rooms };
  return activate({ ...state, rooms }, neighbourOf(state.rooms, room));
}

function activate(state: State, room: string): State {
  if (!hasRoom(state.rooms, room)) return { ...state, activeRoom: state.rooms[0]?.room ?? "" };
  return { ...state, activeRoom: room, rooms: updateRoom(state.rooms, room, markRoomRead) };
}
