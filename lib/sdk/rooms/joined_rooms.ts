/** The rooms that a client is in, and what it says in rooms; `joined_room.ts` is one that it is in. */
import type { NotifyliError } from "../core/errors.ts";
import type { Handler } from "../core/events.ts";
import { newMessageId } from "../core/ids.ts";
import { requireLifetime, watchLifetime } from "../core/lifetime.ts";
import type { Part } from "../core/part.ts";
import { type PresencePart, readPublished } from "../core/replies.ts";
import type { Link } from "../core/requests.ts";
import type { Message, Publication, Published, RoomEvent, User } from "../core/types.ts";
import { JoinedRoom } from "./joined_room.ts";
import type { SubscribeOptions, Subscription } from "./subscription.ts";
import { Telling } from "./telling.ts";

interface JoinedRoomsEvents {
  message(message: Message): void;
  failed(error: NotifyliError): void;
}

export class JoinedRooms implements Part {
  readonly #link: Link;
  readonly #telling: Telling;
  readonly #events: JoinedRoomsEvents;
  readonly #joined = new Map<string, JoinedRoom>();
  /** Messages that the server has not answered for, by their ids. */
  readonly #publishing = new Map<string, Promise<Published>>();

  constructor(link: Link, events: JoinedRoomsEvents) {
    this.#link = link;
    this.#telling = new Telling(link);
    this.#events = events;
  }

  subscribe(name: string, handler: Handler<Message>, options: SubscribeOptions): Subscription {
    requireLifetime(options);
    const room = this.#joined.get(name) ?? this.#join(name, options);
    const subscription = room.add(options);
    subscription.on("message", handler);
    subscription.endWith((end) => watchLifetime(options, end));
    room.enter();
    return subscription;
  }

  /** A message whose id is on its way already is not sent twice. */
  publish(
    room: string,
    message: string,
    { id = newMessageId(), data }: { id?: string; data?: unknown },
  ): Promise<Published> {
    const running = this.#publishing.get(id);
    if (running !== undefined) return running;
    const publishing = this.#link.enqueue({ type: "publish", room, message, data, id })
      .then(readPublished)
      .finally(() => this.#publishing.delete(id));
    this.#publishing.set(id, publishing);
    return publishing;
  }

  tell(room: string, event: string, data: unknown): Promise<void> {
    return this.#telling.tell({ type: "event", room, event, data });
  }

  connected(): void {
    for (const room of [...this.#joined.values()]) room.enter();
  }

  receive(publication: Publication): void {
    this.#joined.get(publication.room)?.receive(publication);
  }

  happened(event: RoomEvent): void {
    this.#joined.get(event.room)?.happened(event);
  }

  comeOrGo(room: string, type: "join" | "leave", user: User): void {
    this.#joined.get(room)?.comeOrGo(type, user);
  }

  /** The server has put us out of a room: its subscriptions are over. */
  left(room: string, error: NotifyliError): void {
    const joined = this.#joined.get(room);
    this.#joined.delete(room);
    joined?.left(error);
  }

  replacePresence(room: string, part: PresencePart): void {
    this.#joined.get(room)?.replacePresence(part);
  }

  interrupt(): void {
    this.#telling.interrupt();
    for (const room of this.#joined.values()) room.interrupt();
  }

  close(): void {
    this.#telling.interrupt();
    for (const room of this.#joined.values()) room.close();
    this.#joined.clear();
  }

  #join(name: string, options: SubscribeOptions): JoinedRoom {
    const room: JoinedRoom = new JoinedRoom(name, this.#link, {
      ...this.#events,
      emptied: () => {
        if (this.#joined.get(name) === room) this.#joined.delete(name);
      },
    }, options);
    this.#joined.set(name, room);
    return room;
  }
}
