/**
 * Publishes what has happened to those whom it concerns. A few users are told by their own channels. Many are told by one
 * publication with a list of them, on a channel that every node hears which has anybody's conversations: it costs the broker
 * one message and a node one frame, however many members there are. Both ways keep one order.
 */
import { nextId } from "../base/ids.ts";
import { unixSeconds } from "../base/times.ts";
import type { UserId } from "../base/fields.ts";
import { Arrival } from "../core/arrival.ts";
import { type Channel, chatChannel } from "../core/channel.ts";
import { deliverToAll, type HubChannel } from "../core/hub.ts";
import type { Kinds, Node } from "../core/node.ts";
import { CHAT, type ChatEvent } from "./events.ts";
import { ReceiptPace } from "./receipt_pace.ts";
import type { Told } from "./store/outcome.ts";
import { Untold } from "./untold.ts";

/** Up to so many users are told by their own channels. */
const FEW = 8;

const WHAT = "publication of a conversation";

/** The kind of a publication for many users. */
const MANY = "chat_many";

/** What a publication for many users carries. */
interface ForMany {
  readonly users: readonly UserId[];
  readonly event: ChatEvent;
}

/** The channel of publications for many. */
export function crowdChannel(site: string): Channel {
  return { site, kind: "chats", name: "all" };
}

export class ChatPublisher implements Disposable {
  readonly #node: Node;
  /** What is told once the broker is back. */
  readonly untold: Untold;
  readonly #receipts = new ReceiptPace((site, told) => this.#publish(site, told));

  constructor(node: Node) {
    this.#node = node;
    this.untold = new Untold(node);
  }

  /** How connections are given what is published. */
  get kinds(): Kinds {
    return {
      [CHAT]: deliverToAll,
      [MANY]: (here, arrival) => this.#deliverToMany(here, arrival),
    };
  }

  /** Publishes events in their order, but for receipts, of which many are told together. */
  publish(site: string, told: readonly Told[]): void {
    for (const each of told) {
      if (each.event.type === "receipt") this.#receipts.take(site, each.users, each.event);
      else this.#publish(site, each);
    }
  }

  [Symbol.dispose](): void {
    this.#receipts.flush();
  }

  #publish(site: string, { users, event }: Told): void {
    const isLasting = event.type !== "typing";
    if (users.length <= FEW) {
      for (const user of users) this.#send(chatChannel(site, user), CHAT, event, isLasting);
    } else {
      this.#send(crowdChannel(site), MANY, { users, event } satisfies ForMany, isLasting);
    }
  }

  /** @param isLasting whether it is worth being told later, where the broker is away */
  #send(channel: Channel, kind: string, data: unknown, isLasting: boolean): void {
    const publication = { kind, id: nextId(), at: unixSeconds(), data };
    const published = this.#node.publish(channel, publication);
    if (!(published instanceof Promise)) return;
    const told = published.then(() => {}, (error) => {
      if (!isLasting) throw error;
      this.untold.add({ channel, publication });
      this.#node.noteIncomplete(WHAT, error);
    });
    this.#node.background.run(WHAT, told);
  }

  #deliverToMany({ site }: HubChannel, { channel, publication }: Arrival): void {
    const { users, event } = publication.data as ForMany; // only this file publishes the kind
    const arrival = new Arrival(
      channel,
      { ...publication, kind: CHAT, data: event },
      undefined,
    );
    for (const user of users) {
      const here = this.#node.hub.get(chatChannel(site, user));
      if (here !== undefined) deliverToAll(here, arrival);
    }
  }
}
