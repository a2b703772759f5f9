/** Notes: short texts of a user's own, the same on all of the user's devices. */
import { CodedError } from "../../../lib/base/errors.ts";
import type { UserId } from "../../../lib/base/fields.ts";
import { nextId } from "../../../lib/base/ids.ts";
import { unixSeconds } from "../../../lib/base/times.ts";
import { userChannel } from "../../../lib/core/channel.ts";
import { deliverToAll } from "../../../lib/core/hub.ts";
import type { Kinds, Node } from "../../../lib/core/node.ts";
import type { NoteCounters } from "./metrics.ts";
import type { NoteStore } from "./store.ts";

export class Notes {
  readonly #node: Node;
  readonly #store: NoteStore;
  readonly #counters: NoteCounters;

  constructor(node: Node, store: NoteStore, counters: NoteCounters) {
    this.#node = node;
    this.#store = store;
    this.#counters = counters;
  }

  /** Keeps a note, then tells all of the user's connections. Rejects where there are too many, or none can be kept. */
  async add(site: string, user: UserId, message: string): Promise<{ id: string }> {
    const id = nextId();
    if (!await this.#store.add({ site, user, id, message })) {
      throw new CodedError("rate_limited", `Cannot keep the note: user ${user} has too many`);
    }
    this.#counters.kept.value++;
    const note = { kind: "note", id, at: unixSeconds(), from: { user }, message };
    await this.#node.publish(userChannel(site, user), note);
    return { id };
  }

  /** The user's notes, oldest first. */
  async list(site: string, user: UserId): Promise<{ id: string; message: string }[]> {
    return await this.#store.list(site, user);
  }
}

/** Connections of the user get a note if their protocol has a frame for it: the base protocol has none. */
export const NOTE_KINDS: Kinds = { note: deliverToAll };
