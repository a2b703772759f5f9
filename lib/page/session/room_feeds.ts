/** Enters a user's rooms, and turns what is said there into changes of the store; `session.ts` opens and closes. */
import type { Client, Message, NotifyliError, Subscription } from "../../sdk/mod.ts";
import type { Store } from "../state/store.ts";

interface RoomFeedsOptions {
  /** Returns whether someone looks at the page, so that what comes to the active room is read. */
  isWatched: () => boolean;
  /** Rooms that the user is in without a tab, so that other systems find them there. */
  silent: readonly string[];
  /** A room does not let us in, or does not tell who is there. */
  failed(error: NotifyliError): void;
}

/** How many messages of a room are shown on joining it. */
const HISTORY_LENGTH = 50;

export class RoomFeeds {
  readonly #client: Client;
  readonly #store: Store;
  readonly #options: RoomFeedsOptions;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(client: Client, store: Store, options: RoomFeedsOptions) {
    this.#client = client;
    this.#store = store;
    this.#options = options;
    for (const { room } of store.state.rooms) this.open(room);
    for (const room of options.silent) if (!this.#subscriptions.has(room)) this.#openSilently(room);
  }

  open(room: string): void {
    this.#subscriptions.get(room)?.unsubscribe();
    let wasJoined = false;
    const subscription = this.#client.subscribe(
      room,
      (message) => this.#heard(message, message.replayed && !wasJoined),
      { presence: true, history: HISTORY_LENGTH },
    );
    this.#subscriptions.set(room, subscription);
    subscription.on("subscribed", () => {
      wasJoined = true;
      this.#store.dispatch({ type: "room_joined", room });
    });
    let hasLeft = false;
    subscription.on("left", ({ message }) => {
      hasLeft = true;
      this.#store.dispatch({ type: "room_left", room, reason: message });
    });
    subscription.on("error", (error) => {
      if (!hasLeft) this.#options.failed(error); // else the room shows it
    });
    subscription.on("gap", () => this.#store.dispatch({ type: "gap_found", room }));
    subscription.on("presence", (users) => {
      const { userCount } = subscription;
      this.#store.dispatch({ type: "people_changed", room, users, userCount });
    });
  }

  close(room: string): void {
    this.#subscriptions.get(room)?.unsubscribe();
    this.#subscriptions.delete(room);
    if (this.#options.silent.includes(room)) this.#openSilently(room);
  }

  #openSilently(room: string): void {
    this.#subscriptions.set(room, this.#client.subscribe(room, () => {}));
  }

  #heard(message: Message, isHistory: boolean): void {
    const isNews = !isHistory && message.userId !== this.#client.userId;
    const isWatched = this.#options.isWatched();
    this.#store.dispatch({ type: "message_received", message, isNews, isWatched });
  }
}
