/** People who talk in a room with the client library, each one message after the other. */
import { type Client, connect } from "../../lib/sdk/mod.ts";
import { waitFor } from "../support/wait.ts";
import type { Random } from "./random.ts";
import { RoomLedger } from "./room_ledger.ts";
import { passed } from "./time.ts";

export const ROOM = "town square";
const TALKERS = 4;
/** Between an answer and the next message of the same talker. */
const PAUSE_SECONDS = 0.01;

export class Talk implements AsyncDisposable {
  readonly ledger = new RoomLedger();
  /** Resolves when all are in the room, and talk. */
  readonly entered: Promise<unknown>;
  readonly #clients: readonly Client[];
  readonly #talking: Promise<unknown>;
  #isEnding = false;
  #isClosed = false;

  constructor(urls: readonly string[], random: Random) {
    this.#clients = Array.from({ length: TALKERS }, (_, index) => {
      const turn = random.fork();
      const environment = { random: () => turn.next() };
      return connect({ urls: random.shuffled(urls), userId: `talker${index}`, environment });
    });
    this.entered = Promise.all(this.#clients.map((client) => this.#enter(client)));
    // Who enters later is not told what was said before, and nobody calls that a gap.
    this.#talking = this.entered.then(() =>
      Promise.all(this.#clients.map((client) => this.#talk(client)))
    );
  }

  /** Says nothing new; resolves when each has heard all, and then checks the books. */
  async end(ms = 45_000): Promise<void> {
    this.#isEnding = true;
    const deadline = setTimeout(() => this.#close(), ms); // what was not confirmed by then is rejected
    await this.#talking;
    clearTimeout(deadline);
    await waitFor("all have heard all", () => this.ledger.isSettled, ms).catch(() => {});
    this.#close();
    if (this.ledger.acceptedCount === 0) throw new Error("Nothing was accepted in the room");
    this.ledger.check();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    this.#close();
    await this.#talking;
  }

  /** Resolves when the client is in the room, or was closed. */
  #enter(client: Client): Promise<void> {
    const { userId } = client;
    client.on("error", () => {}); // such as 'unavailable'; the room is asked for again
    const entered = Promise.withResolvers<void>();
    const subscription = client.subscribe(
      ROOM,
      // Each message is its own id: what other systems say there brings none.
      ({ message = "" }) => this.ledger.saw(userId, message, subscription.position?.epoch),
    );
    subscription.on("gap", () => this.ledger.toldGap(userId));
    subscription.on("subscribed", () => entered.resolve());
    client.on("state", ({ kind }) => kind === "closed" && entered.resolve());
    return entered.promise;
  }

  async #talk(client: Client): Promise<void> {
    const { userId } = client;
    for (let count = 1; !this.#isEnding; count++) {
      const id = `${userId}-${String(count).padStart(6, "0")}`;
      this.ledger.sent(id);
      await client.publish(ROOM, id, { id }).then(() => this.ledger.accepted(id), () => {});
      await passed(PAUSE_SECONDS);
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const client of this.#clients) client.close();
  }
}
