/**
 * One signed-in user: the session has their client, and does what they want. What the client hears becomes a change of the
 * store in `room_feeds.ts` and `chats.ts`; `components/` shows that. Notifications are shown by `<notifyli-inbox>`, which has
 * the same client.
 */
import type { Client, KeyValueStore, NotifyliError } from "../../sdk/mod.ts";
import { newMessageId } from "../../sdk/core/ids.ts";
import { type Draft, withDraft } from "../state/drafts.ts";
import type { Place } from "../state/place.ts";
import { ChatFeed } from "./chats.ts";
import { FileLinks } from "./file_links.ts";
import { type ConnectAnswers, type Identity, silentRooms } from "./identity.ts";
import { enqueue, isFull, remove, retry, type Written, WRITTEN_LIMIT } from "../state/written.ts";
import { PushFeed } from "./push_feed.ts";
import { rememberChanges } from "../storage/remember.ts";
import { RoomFeeds } from "./room_feeds.ts";
import { hasRoom } from "../state/rooms.ts";
import { Sender } from "./sender.ts";
import {
  loadDrafts,
  loadSettings,
  loadSite,
  loadToken,
  loadWritten,
  saveSite,
  saveToken,
  saveWritten,
} from "../storage/storage.ts";
import type { Store } from "../state/store.ts";

interface SessionOptions {
  /** What the browser's tabs share: the settings. */
  shared: KeyValueStore;
  /** What is this tab's own: the written messages, the token, and whose that is. */
  own: KeyValueStore;
  /** Makes a client for the user. The token is empty in open mode. */
  connect: (identity: Identity, token: string) => Client;
  isWatched: () => boolean;
  /** Shows a notification behind the bell. @param reply the action that wants an answer */
  showNotification: (id: string, reply?: string) => void;
}

/** What there is while a user is signed in. */
interface Running {
  readonly client: Client;
  readonly rooms: RoomFeeds;
  readonly chats: ChatFeed;
  readonly files: FileLinks;
  /** Absent where the server pushes nothing. */
  readonly push: PushFeed | undefined;
  readonly sender: Sender;
}

export class Session {
  readonly #store: Store;
  readonly #options: SessionOptions;
  #running: Running | undefined;

  constructor(store: Store, options: SessionOptions) {
    this.#store = store;
    this.#options = options;
    rememberChanges(store, options);
  }

  /** The connection of the user who is signed in. */
  get client(): Client | undefined {
    return this.#running?.client;
  }

  /** What this browser shows of the user's notifications while no page is open; `undefined` where the server pushes none. */
  get push(): PushFeed | undefined {
    return this.#running?.push;
  }

  /** The conversations of the user who is signed in. */
  get chats(): ChatFeed | undefined {
    return this.#running?.chats;
  }

  /** Where the files are that the user who is signed in gets to see. */
  get files(): FileLinks | undefined {
    return this.#running?.files;
  }

  /** Whether files are on their way to the server, or wait for it: who leaves the page now loses them. */
  get hasUnsentFiles(): boolean {
    return (this.#running?.client.unsentFiles ?? 0) > 0;
  }

  /** Tells the others that nobody is at this device, or that somebody is back. */
  setAway(isAway: boolean): void {
    this.#running?.client.away(isAway);
  }

  /** Signs in with the form's answers; the rooms of the same user's last visit come along. */
  signIn({ user_id, name, room, token }: ConnectAnswers): void {
    saveToken(this.#options.own, token);
    const last = loadSettings(this.#options.shared);
    const rooms = last.user_id === user_id ? last.rooms : [];
    // What was written before the server had said whose token that was is not to be said by another.
    saveWritten(this.#options.own, { userId: user_id, site: "" }, []);
    this.#start({ user_id, name }, rooms.includes(room) ? rooms : [...rooms, room], room);
  }

  /** Goes on where the last visit ended. Returns whether there was one. */
  resume(): boolean {
    const { signed_in, user_id, name, rooms, active_room } = loadSettings(this.#options.shared);
    if (!signed_in || user_id === "" || name === "") return false;
    // Without its token the server would send us away at once: the form asks for it.
    if (this.#store.state.config.tokens && loadToken(this.#options.own) === "") return false;
    this.#start({ user_id, name }, rooms, rooms.includes(active_room) ? active_room : rooms[0]);
    return true;
  }

  signOut(): void {
    const { push } = this.#running ?? {};
    if (push === undefined || !push.mayShow) return this.#signOut();
    // Whoever is next at this browser is not shown what is this user's.
    void push.leave().finally(() => this.push === push && this.#signOut());
  }

  #signOut(): void {
    this.#running?.client.close();
    this.#running = undefined;
    saveToken(this.#options.own, "");
    this.#store.dispatch({ type: "signed_out" });
  }

  reconnect(): void {
    this.#running?.client.reconnect();
  }

  /** Goes to a place, and opens what is to be seen there. */
  go(place: Place): void {
    if (place.kind === "room") return this.openRoom(place.room, place);
    this.#store.dispatch({ type: "place_opened", place });
    if (place.kind === "conversation") this.chats?.open(place.id, place.message);
    else this.chats?.close();
  }

  /** Keeps what is being written, until it is sent. */
  keepDraft(name: string, draft: Draft): void {
    const drafts = withDraft(this.#store.state.drafts, name, draft);
    this.#store.dispatch({ type: "drafts_changed", drafts });
  }

  openRoom(room: string, place: Place = { kind: "room", room }): void {
    const isNew = !hasRoom(this.#store.state.rooms, room);
    this.chats?.close();
    this.#store.dispatch({ type: "room_opened", room });
    this.#store.dispatch({ type: "place_opened", place });
    if (isNew) this.#running?.rooms.open(room);
  }

  /** Asks to be let in again where the server has put us out. */
  rejoinRoom(room: string): void {
    this.#running?.rooms.open(room);
  }

  closeRoom(room: string): void {
    this.#store.dispatch({ type: "room_closed", room });
    this.#running?.rooms.close(room);
  }

  activateRoom(room: string): void {
    this.chats?.close();
    this.#store.dispatch({ type: "room_activated", room });
  }

  /** Says something in a room. Returns whether the message was taken: with `WRITTEN_LIMIT` waiting, no more are. */
  say(room: string, message: string): boolean {
    if (isFull(this.#store.state.written)) {
      const text =
        `${WRITTEN_LIMIT} messages are waiting to be sent. Try again when some are gone.`;
      this.#store.dispatch({ type: "alert_raised", message: text });
      return false;
    }
    const entry = { id: newMessageId(), room, message, timestamp: nowSeconds() };
    this.#store.dispatch({ type: "message_written", entry });
    this.#running?.sender.flush();
    return true;
  }

  retryMessage(id: string): void {
    this.#changeWritten((written) => retry(written, id, nowSeconds()));
    this.#running?.sender.flush();
  }

  discardMessage(id: string): void {
    this.#changeWritten((written) => remove(written, id));
  }

  #start(identity: Identity, rooms: readonly string[], activeRoom = ""): void {
    this.#running?.client.close();
    const store = this.#store;
    const { own, shared, connect, isWatched, showNotification } = this.#options;
    const site = loadSite(own);
    const written = loadWritten(own, { userId: identity.user_id, site });
    const drafts = loadDrafts(shared, { userId: identity.user_id, site });
    store.dispatch({ type: "signed_in", identity, rooms, activeRoom, site, written, drafts });
    const client = connect(identity, loadToken(own));
    store.dispatch({ type: "connection_changed", connection: client.state });
    client.on("error", (error) => this.#failed(error));
    client.on("unread", (unread) => store.dispatch({ type: "unread_changed", unread }));
    const silent = silentRooms(identity.user_id, store.state.config.bot_room);
    const sender = new Sender(client, store);
    client.on("state", (connection) => {
      if (connection.kind === "closed") return; // we did that, and the store knows
      store.dispatch({ type: "connection_changed", connection });
      if (connection.kind === "online") {
        this.#named(client.siteId, identity);
        sender.isNamed = true;
      }
      sender.flush(); // what was given back when the server stopped us
    });
    this.#running = {
      client,
      rooms: new RoomFeeds(client, store, {
        isWatched,
        silent,
        failed: (error) => this.#failed(error),
      }),
      chats: new ChatFeed(client, store),
      files: new FileLinks(client),
      push: store.state.config.pushes
        ? new PushFeed(client, { showNotification, go: (place) => this.go(place) })
        : undefined,
      sender,
    };
  }

  /** The server has said whose the token is: what waits of this account is sent, and nothing that waits of another. */
  #named(site: string, { user_id: userId }: Identity): void {
    const { own, shared } = this.#options;
    const { written, drafts: begun, site: before } = this.#store.state;
    if (site === before) return;
    saveSite(own, site);
    const kept = loadWritten(own, { userId, site });
    const added = before === "" ? written : []; // else it is kept for the other one
    this.#store.dispatch({ type: "site_named", site, written: added.reduce(enqueue, kept) });
    saveWritten(own, { userId, site: "" }, []);
    const drafts = new Map([
      ...loadDrafts(shared, { userId, site }),
      ...before === "" ? begun : [],
    ]);
    this.#store.dispatch({ type: "drafts_changed", drafts });
  }

  #failed(error: NotifyliError): void {
    if (error.code === "handler_failed") throw error.cause; // a mistake of ours
    this.#store.dispatch({ type: "alert_raised", message: error.message });
  }

  #changeWritten(change: (written: Written) => Written): void {
    const written = change(this.#store.state.written);
    this.#store.dispatch({ type: "written_changed", written });
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
