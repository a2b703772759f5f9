/**
 * Looks some time after messages were said whether they have come to their users. A client whose socket is closing, a laptop that
 * sleeps or a node that dies counts as hearing for a while, so nobody is notified of what is said then. By now it is known to be
 * gone: whoever has no client left that hears, and none that said to have the message, is notified. Next on a message's way:
 * `teller.ts`.
 *
 * How far it was looked is kept in the database, so that nothing is left out where nodes stop or die. One node looks; the others
 * see that it moves on, and one of them takes over where it does not.
 */
import type { Place } from "../conversations/listener.ts";
import type { Behind, Slice, Undelivered } from "../conversations/undelivered.ts";
import type { Message } from "../conversations/types.ts";
import { chatChannel } from "../core/channel.ts";
import type { Node } from "../core/node.ts";
import { every, type Task } from "../core/task.ts";
import type { Database } from "../engines/database/database.ts";
import { beginLooks, LOOKED_UP_TO, moveLooks, TOLD_OF } from "./store.ts";
import { type Missed, missedBy, type Teller } from "./teller.ts";

const WHAT = "looking whether messages have come";

/** The age of messages at their first look, in keepalives: a client that is silent is given up after two. */
const AGE_KEEPALIVES = 2.5;

/**
 * From one look to the next, in keepalives. Who is not there at two looks in a row is notified: a client that comes back
 * within that time, as after a deploy, takes its messages itself.
 */
const PAUSE_KEEPALIVES = 0.4;

/** For how many looks a node leaves it to another one, while there is something to look at and that one does not move on. */
const PATIENCE = 4;

/** How much is looked at in one go, and for how many users the second look may be still to come. */
const MOST_SLICES = 200;
const MOST_SUSPECTED = 10_000;

interface SecondLookParts {
  readonly node: Node;
  readonly database: Database;
  readonly undelivered: Undelivered;
  readonly teller: Teller;
  readonly keepaliveSeconds: number;
}

/** Messages, and which users they have not come to, as it seems after one look. */
interface Suspected {
  readonly slice: Slice;
  readonly users: ReadonlySet<string>;
}

/** What users have missed of one conversation. */
interface Found {
  readonly place: Place;
  readonly missed: readonly Missed[];
}

export class SecondLook {
  readonly #parts: SecondLookParts;
  readonly #ageMs: number;
  readonly #startedAt = performance.now();
  /** Up to which message it was looked, by this node or another one. */
  #at: number | undefined;
  #patience = 0;
  #suspected: Suspected[] = [];

  constructor(parts: SecondLookParts) {
    this.#parts = parts;
    this.#ageMs = parts.keepaliveSeconds * 1000 * AGE_KEEPALIVES;
  }

  get tasks(): readonly Task[] {
    const pauseMs = this.#parts.keepaliveSeconds * 1000 * PAUSE_KEEPALIVES;
    return [every(WHAT, pauseMs, (signal) => this.#look(signal))];
  }

  /** Begins with what is said from now on, where no node has begun before. */
  start(): Promise<void> {
    if (this.#parts.database.whyNotReady() === undefined) {
      this.#parts.node.background.run(WHAT, this.#begin());
    }
    return Promise.resolve();
  }

  async #look(signal: AbortSignal): Promise<void> {
    if (this.#parts.database.whyNotReady() !== undefined) return;
    const at = await this.#lookedUpTo();
    if (at === undefined || !await this.#isMine(at)) return;
    // Who was here before this node started may still be on the way back.
    if (performance.now() - this.#startedAt < this.#ageMs) return;
    await this.#tellSuspected(signal);
    if (this.#suspected.length === 0) await this.#suspect(signal);
  }

  async #lookedUpTo(): Promise<number | undefined> {
    const [found] = await this.#parts.database.query(LOOKED_UP_TO);
    if (found !== undefined) return Number(found["message"]);
    await this.#begin();
    return undefined;
  }

  async #begin(): Promise<void> {
    const { database, undelivered } = this.#parts;
    const last = await undelivered.last();
    await database.transaction(() => beginLooks(last));
  }

  /** Whether no other node looks. */
  async #isMine(at: number): Promise<boolean> {
    if (at !== this.#at) {
      if (this.#at !== undefined) this.#patience = PATIENCE;
      this.#at = at;
      this.#suspected = [];
    }
    if (this.#patience === 0) return true;
    const isDue = await this.#parts.undelivered.sliceAfter(at, this.#ageMs) !== undefined;
    if (isDue) this.#patience--;
    return false;
  }

  /** Looks for the second time, and tells the users to whom it has not come by now. */
  async #tellSuspected(signal: AbortSignal): Promise<void> {
    const { undelivered, teller, database } = this.#parts;
    let upTo: number | undefined;
    while (this.#suspected[0] !== undefined && !signal.aborted) {
      const { slice, users } = this.#suspected[0];
      if (users.size > 0) {
        for await (const { place, missed } of this.#missedIn(slice)) {
          const twice = missed.filter(({ user }) => users.has(keyOf(place, user)));
          await teller.tell(place, twice, {
            isLater: true,
            recipients: (among) => undelivered.recipients(place, among),
          });
        }
      }
      this.#suspected.shift();
      upTo = slice.upTo;
    }
    const from = this.#at;
    if (upTo === undefined || from === undefined) return;
    const to = upTo;
    // Where another node has moved on meanwhile, that is seen at the next look.
    if (await database.transaction(() => moveLooks(from, to))) this.#at = to;
  }

  /** Looks for the first time at what has come of age. */
  async #suspect(signal: AbortSignal): Promise<void> {
    let after = this.#at ?? 0;
    for (let count = 0; count < MOST_SUSPECTED && this.#suspected.length < MOST_SLICES;) {
      const slice = await this.#parts.undelivered.sliceAfter(after, this.#ageMs);
      if (slice === undefined || signal.aborted) return;
      const users = new Set<string>();
      for await (const { place, missed } of this.#missedIn(slice)) {
        for (const { user } of missed) users.add(keyOf(place, user));
      }
      this.#suspected.push({ slice, users });
      after = slice.upTo;
      count += users.size;
    }
  }

  /** What users have missed who hear nothing, have no client that said to have it, and were not told of it yet. */
  async *#missedIn(slice: Slice): AsyncGenerator<Found> {
    const { undelivered, node } = this.#parts;
    for await (const outstanding of undelivered.conversations(slice)) {
      const { place, messages } = outstanding;
      for await (const members of undelivered.members(outstanding)) {
        const untold = await this.#untold(place, members, messages);
        const channels = untold.map((each) => ({ ...chatChannel(place.site, each.user), ...each }));
        const missed = await node.unheard(channels);
        if (missed.length > 0) yield { place, missed };
      }
    }
  }

  async #untold(
    place: Place,
    members: readonly Behind[],
    messages: readonly Message[],
  ): Promise<Missed[]> {
    const [first, last] = [members[0]?.user ?? "", members.at(-1)?.user ?? ""];
    const found = await this.#parts.database.query(TOLD_OF, place.id, first, last);
    const told = new Map(found.map((each) => [String(each["user_id"]), Number(each["last"])]));
    const delivered = new Map(members.map((each) => [each.user, each.delivered]));
    return missedBy(
      members,
      messages,
      (user, { id, offset }) => offset > (delivered.get(user) ?? 0) && id > (told.get(user) ?? 0),
    );
  }
}

function keyOf({ id }: Place, user: string): string {
  return `${id} ${user}`;
}
