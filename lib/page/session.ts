/**
 * One signed-in user's connection: joins the rooms, sends from the outbox, and turns what arrives and what
 * the user does into changes of the store; `components/` shows that.
 */
import { type Clock, Connection, type ConnectionState, type SocketLike } from "./connection.ts";
import { type ServerFrame, toWireUserId } from "./frames.ts";
import { newMessageId, SeenIds } from "../sdk/ids.ts";
import { type ConnectAnswers, type Identity, silentRooms } from "./identity.ts";
import {
  countTry,
  giveUpOnOverdue,
  isFull,
  type Outbox,
  OUTBOX_LIMIT,
  remove,
  retry,
  unconfirmed,
  withoutFailedOf,
} from "./outbox.ts";
import { rememberChanges } from "./remember.ts";
import { hasRoom } from "./rooms.ts";
import { type KeyValueStore, loadNotices, loadOutbox, loadSettings } from "./storage.ts";
import type { Store } from "./store.ts";

export interface SessionOptions {
  /** Shared by the browser's tabs: settings and notifications. */
  shared: KeyValueStore;
  /** This tab's own: the outbox. */
  own: KeyValueStore;
  openSocket: () => SocketLike;
  isWatched: () => boolean;
  clock?: Clock;
}

/** Ids of messages and notifications that are remembered against doubles. */
const SEEN_LIMIT = 4_000;

/** Messages on their way at once: after a long outage the outbox must not look like a flood. */
const IN_FLIGHT_LIMIT = 20;

export class Session {
  readonly #store: Store;
  readonly #options: SessionOptions;
  #connection: Connection | null = null;
  #seen = new SeenIds(SEEN_LIMIT);
  readonly #inFlight = new Set<string>();

  constructor(store: Store, options: SessionOptions) {
    this.#store = store;
    this.#options = options;
    rememberChanges(store, options);
  }

  /** Signs in with the form's answers; the rooms of the same user's last visit come along. */
  signIn({ user_id, name, room }: ConnectAnswers): void {
    const last = loadSettings(this.#options.shared);
    const rooms = last.user_id === user_id ? last.rooms : [];
    this.#start({ user_id, name }, rooms.includes(room) ? rooms : [...rooms, room], room);
  }

  /** Goes on where the last visit ended. Answers whether there was one. */
  resume(): boolean {
    const { signed_in, user_id, name, rooms, active_room } = loadSettings(this.#options.shared);
    if (!signed_in || user_id === "" || name === "") return false;
    this.#start({ user_id, name }, rooms, rooms.includes(active_room) ? active_room : rooms[0]);
    return true;
  }

  signOut(): void {
    this.#connection?.disconnect();
    this.#connection = null;
    this.#store.dispatch({ type: "signed_out" });
  }

  reconnect(): void {
    this.#connection?.connect();
  }

  wake(): void {
    this.#connection?.wake();
  }

  probe(): void {
    this.#connection?.probe();
  }

  openRoom(room: string): void {
    const isNew = !hasRoom(this.#store.state.rooms, room);
    this.#store.dispatch({ type: "room_opened", room });
    if (isNew) this.#join(room);
  }

  closeRoom(room: string): void {
    this.#changeOutbox((outbox) => withoutFailedOf(outbox, room));
    this.#store.dispatch({ type: "room_closed", room });
    this.#leaveUnlessNeeded(room);
  }

  activateRoom(room: string): void {
    this.#store.dispatch({ type: "room_activated", room });
  }

  /** Answers whether the message was taken: a full outbox takes no more. */
  say(room: string, message: string): boolean {
    if (isFull(this.#store.state.outbox)) {
      const text = `${OUTBOX_LIMIT} messages are waiting to be sent. Try again when some are gone.`;
      this.#store.dispatch({ type: "alert_raised", message: text });
      return false;
    }
    const entry = { id: newMessageId(), room, message, timestamp: nowSeconds(), tries: 0 };
    this.#store.dispatch({ type: "message_written", entry });
    this.#flush();
    return true;
  }

  retryMessage(id: string): void {
    this.#changeOutbox((outbox) => retry(outbox, id, nowSeconds()));
    this.#flush();
  }

  discardMessage(id: string): void {
    this.#changeOutbox((outbox) => remove(outbox, id));
  }

  clearNotices(): void {
    this.#store.dispatch({ type: "notices_changed", notices: [] });
  }

  /** Another tab of this browser changed what is behind the bell. */
  reloadNotices(): void {
    const { identity } = this.#store.state;
    if (identity === null) return;
    const notices = loadNotices(this.#options.shared, identity.user_id);
    this.#store.dispatch({ type: "notices_changed", notices });
  }

  #start(identity: Identity, rooms: readonly string[], activeRoom = ""): void {
    this.#connection?.disconnect();
    const { shared, own, openSocket, clock } = this.#options;
    const notices = loadNotices(shared, identity.user_id);
    const outbox = loadOutbox(own, identity.user_id);
    this.#seen = new SeenIds(SEEN_LIMIT);
    for (const { id } of notices) this.#seen.add(id);
    this.#store.dispatch({ type: "signed_in", identity, rooms, activeRoom, notices, outbox });
    this.#connection = new Connection({
      openSocket,
      pingIntervalMs: this.#store.state.config.keepalive_seconds * 1000,
      onOpen: () => this.#opened(),
      onFrame: (frame) => this.#received(frame),
      onState: (state) => this.#connectionChanged(state),
      ...(clock === undefined ? {} : { clock }),
    });
    this.#connection.connect();
  }

  #opened(): void {
    const { identity, config, rooms } = this.#store.state;
    if (identity === null) return;
    for (const { room } of rooms) this.#join(room);
    for (const room of silentRooms(identity.user_id, config.bot_room)) {
      if (!hasRoom(rooms, room)) this.#keepalive(room);
    }
    this.#flush();
  }

  #received(frame: ServerFrame): void {
    if (frame.type === "usermsg" || frame.type === "direct_message") {
      if (!this.#seen.add(frame.id)) return;
    }
    this.#store.dispatch({ type: "frame_received", frame, isWatched: this.#options.isWatched() });
    if (frame.type === "usermsg" || frame.type === "error") this.#answered(frame);
  }

  /** A message of ours got its echo or its error: the next one may go. */
  #answered({ id = "", ...frame }: Extract<ServerFrame, { type: "usermsg" | "error" }>): void {
    if (!this.#inFlight.delete(id)) return;
    this.#flush();
    // Sent after its tab was closed, the message has brought us back into the room.
    if (frame.type === "usermsg") this.#leaveUnlessNeeded(frame.room);
  }

  #connectionChanged(connection: ConnectionState): void {
    if (connection.kind !== "online") {
      this.#inFlight.clear();
      this.#changeOutbox(giveUpOnOverdue);
    }
    this.#store.dispatch({ type: "connection_changed", connection });
  }

  /** Sends what waits, in order, as far as the limit of messages in flight allows. */
  #flush(): void {
    const { identity, outbox } = this.#store.state;
    if (identity === null) return;
    for (const { id, room, message } of unconfirmed(outbox)) {
      if (this.#inFlight.size >= IN_FLIGHT_LIMIT) return;
      if (this.#inFlight.has(id)) continue;
      const frame = { type: "usermsg", id, ...wireIdentity(identity), room, message } as const;
      if (this.#connection?.send(frame) !== true) return;
      this.#inFlight.add(id);
      this.#changeOutbox((outbox) => countTry(outbox, id));
    }
  }

  #join(room: string): void {
    this.#keepalive(room);
    this.#connection?.send({ type: "presence", room });
  }

  #keepalive(room: string): void {
    const { identity } = this.#store.state;
    if (identity === null) return;
    this.#connection?.send({ type: "keepalive", ...wireIdentity(identity), room });
  }

  #leaveUnlessNeeded(room: string): void {
    const { identity, config, rooms, outbox } = this.#store.state;
    if (identity === null || hasRoom(rooms, room)) return;
    if (silentRooms(identity.user_id, config.bot_room).includes(room)) return;
    if (unconfirmed(outbox).some((entry) => entry.room === room)) return;
    this.#connection?.send({ type: "leave", room });
  }

  #changeOutbox(change: (outbox: Outbox) => Outbox): void {
    const outbox = change(this.#store.state.outbox);
    this.#store.dispatch({ type: "outbox_changed", outbox });
  }
}

function wireIdentity({ user_id, name }: Identity) {
  return { user_id: toWireUserId(user_id), name };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
