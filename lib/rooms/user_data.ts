/** What a user has said in rooms, as far as their histories still have it. Who is in a room is known only while that is so. */
import type { DataRecord, DataSubject, ErasedPart, UserData } from "../core/user_data.ts";
import type { Recall } from "../core/recall.ts";

/** How many erasures that are not done are remembered. One that is forgotten begins anew, and finds what is left. */
const MOST_PLACES = 1000;

export class RoomData implements UserData {
  readonly #recall: Recall;
  /** How far erasures are, by site and user. */
  readonly #places = new Map<string, string>();

  constructor(recall: Recall) {
    this.#recall = recall;
  }

  async *export({ site, user }: DataSubject): AsyncGenerator<DataRecord> {
    let cursor: string | undefined;
    do {
      const { said, next } = await this.#recall.saidBy(site, user, "room", cursor);
      for (const { channel, offset, publication } of said) {
        const { id, at, from, message, event, data } = publication;
        yield {
          ...{ type: "room_message", room: channel.name, id, offset, name: from?.name },
          ...{ message, event, data, timestamp: at },
        };
      }
      cursor = next;
    } while (cursor !== undefined);
  }

  async erase({ site, user }: DataSubject): Promise<ErasedPart> {
    const key = `${site}\n${user}`;
    const { said, next } = await this.#recall.saidBy(site, user, "room", this.#places.get(key));
    for (const own of Map.groupBy(said, ({ channel }) => channel.name).values()) {
      const channel = own[0]?.channel;
      if (channel !== undefined) await this.#recall.unsay(channel, own.map(({ offset }) => offset));
    }
    this.#places.delete(key);
    if (next !== undefined) this.#places.set(key, next);
    const [oldest] = this.#places.keys();
    if (this.#places.size > MOST_PLACES && oldest !== undefined) this.#places.delete(oldest);
    return { erased: { room_messages: said.length }, more: next !== undefined };
  }
}
