/** What `subscribe()` returns: one handler's view of a room; `joined_room.ts` does the work for all of them. */
import { Emitter, type Handler } from "../core/events.ts";
import type { NotifyliError } from "../core/errors.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { TokenSource } from "../core/token.ts";
import type { Gap, Message, Position, RoomEvent, User } from "../core/types.ts";

export interface SubscriptionEvents {
  /** Each message once, in the room's order. */
  message: Message;
  /** Others told of something that is not kept. */
  event: RoomEvent;
  /** The server has let us in: now, and again after each reconnection. */
  subscribed: Position | undefined;
  /** Messages may be missing, and will not come any more. */
  gap: Gap;
  /** The server has put us out of the room, and the subscription is over. The `error` that follows has the same reason. */
  left: NotifyliError;
  /**
   * Who is in the room, now that this changed, or nobody where only `userCount` did. It comes with `presence` only, as do
   * the next two.
   */
  presence: readonly User[];
  join: User;
  leave: User;
  /**
   * The server does not let us in, or does not tell who is there. It is asked again at each reconnection, and where it could
   * only not answer now, after a pause. Where the server puts us out, the subscription is over: see `left`.
   * Where nobody listens, the client's `error` event has it.
   */
  error: NotifyliError;
}

export interface SubscribeOptions extends Lifetime {
  /**
   * The position at which an earlier subscription ended: what was said since then comes first. It counts for the first
   * subscription to a room; the others go on where that one is.
   */
  readonly since?: Position;
  /** Whether the room's last message comes at once. It counts for the first one, as `since` does. @default false */
  readonly replay?: boolean;
  /**
   * How many of the room's last messages come first, as replayed ones, and after a gap, if they are new: 1 to 1000.
   * It counts for the first subscription, as the two above do. @default none
   */
  readonly history?: number;
  /**
   * A token for a private room, or a function that gets one, which is called each time that the client enters the room.
   * It counts for the first subscription, as the three above do.
   */
  readonly token?: TokenSource;
  /** Whether to ask who is in the room, for `users` and the events of presence. @default false */
  readonly presence?: boolean;
}

/** The part of a room that its subscriptions use. */
export interface SubscribedRoom {
  readonly name: string;
  readonly position: Position | undefined;
  readonly users: readonly User[];
  readonly userCount: number;
  remove(subscription: Subscription): void;
}

export class Subscription {
  /** Whether this subscription was made with `presence`. */
  readonly presence: boolean;
  readonly #room: SubscribedRoom;
  readonly #events: Emitter<SubscriptionEvents>;
  #ended = false;
  /** Stops to watch what ends the subscription by itself. */
  #unwatch = () => {};

  constructor(
    room: SubscribedRoom,
    onFailure: (error: NotifyliError) => void,
    { presence = false }: SubscribeOptions,
  ) {
    this.presence = presence;
    this.#room = room;
    this.#events = new Emitter(onFailure);
  }

  get room(): string {
    return this.#room.name;
  }

  /** The position after the last message that was handed on. A later program gives it as `since`. */
  get position(): Position | undefined {
    return this.#room.position;
  }

  /**
   * Who is in the room, as far as the server told. It is empty without `presence`, and in a room with more users than are
   * named there.
   */
  get users(): readonly User[] {
    return this.presence ? this.#room.users : [];
  }

  /** How many users are in the room, also where there are too many to be named. It is 0 without `presence`. */
  get userCount(): number {
    return this.presence ? this.#room.userCount : 0;
  }

  on<E extends keyof SubscriptionEvents>(
    event: E,
    handler: Handler<SubscriptionEvents[E]>,
  ): () => void {
    return this.#events.on(event, handler);
  }

  /** Ends the subscription: no handler is called any more. The last subscription to a room leaves it. */
  unsubscribe(): void {
    if (this.#ended) return;
    this.end();
    this.#room.remove(this);
  }

  /** The room calls this and what follows: the subscription is over, and the room knows it. */
  end(): void {
    this.#ended = true;
    this.#unwatch();
  }

  /** @param watch begins to watch what ends the subscription, and returns what stops that */
  endWith(watch: (end: () => void) => () => void): void {
    const unwatch = watch(() => this.unsubscribe());
    if (this.#ended) unwatch();
    else this.#unwatch = unwatch;
  }

  /** Returns whether anyone listened. */
  emit<E extends keyof SubscriptionEvents>(event: E, value: SubscriptionEvents[E]): boolean {
    const isPresence = event === "presence" || event === "join" || event === "leave";
    if (this.#ended || (isPresence && !this.presence)) return false;
    return this.#events.emit(event, value);
  }
}
