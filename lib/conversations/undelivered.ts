/** What was said a while ago and has not come to all members, for capabilities that do something about it. */
import type { UserId } from "../base/fields.ts";
import type { Place, Recipient } from "./listener.ts";
import {
  type Behind,
  lastMessage,
  membersBehind,
  messageNow,
  messagesOf,
  type Outstanding,
  outstandingIn,
  type Slice,
  sliceAfter,
} from "./store/outstanding.ts";
import { recipientsOf } from "./store/users.ts";
import type { ChatStore } from "./store/store.ts";
import type { Message } from "./types.ts";

export type { Behind, Outstanding, Slice };

export class Undelivered {
  readonly #store: ChatStore;

  constructor(store: ChatStore) {
    this.#store = store;
  }

  /** The id of the last message of all; 0 where there is none. */
  last(): Promise<number> {
    return this.#store.read(lastMessage);
  }

  /** The next messages that are older than this many milliseconds; `undefined` where there are none. */
  sliceAfter(after: number, ms: number): Promise<Slice | undefined> {
    return this.#store.read(({ sql }) => sliceAfter(sql, after, ms));
  }

  /** The conversations of a slice in which not all has come to all members, each with its messages. */
  async *conversations(
    slice: Slice,
  ): AsyncGenerator<Outstanding & { readonly messages: readonly Message[] }> {
    for (const each of await this.#store.read(() => outstandingIn(slice))) {
      yield { ...each, messages: await this.#store.read(() => messagesOf(each)) };
    }
  }

  /** The members of such a conversation to whom not all has come, in parts. */
  async *members(outstanding: Outstanding): AsyncGenerator<readonly Behind[]> {
    for (let after: UserId | undefined = ""; after !== undefined;) {
      const from: UserId = after;
      const { members, next } = await this.#store.read(() => membersBehind(outstanding, from));
      if (members.length > 0) yield members;
      after = next;
    }
  }

  /** A message as it is now; `undefined` where it is kept no more. */
  message(id: number): Promise<Message | undefined> {
    return this.#store.read(() => messageNow(id));
  }

  /** The members of a conversation. @param among only those of these who are in it */
  recipients({ id }: Place, among?: readonly UserId[]): Promise<readonly Recipient[]> {
    return this.#store.read(() => recipientsOf(id, undefined, among));
  }
}
