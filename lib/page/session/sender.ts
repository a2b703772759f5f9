/**
 * Gives the client the written messages that wait, and tells the store what became of it. A message keeps its id over
 * reconnections, reloads and retries, by which the server knows it: it appears once.
 */
import { type Client, NotifyliError } from "../../sdk/mod.ts";
import { unsent, type WrittenMessage } from "../state/written.ts";
import type { Store } from "../state/store.ts";

export class Sender {
  /** The server has said who this is, and so whose the written messages are. */
  isNamed = false;
  readonly #client: Client;
  readonly #store: Store;
  /** The ids of messages that the client has; `WRITTEN_LIMIT` bounds them. */
  readonly #given = new Set<string>();

  constructor(client: Client, store: Store) {
    this.#client = client;
    this.#store = store;
  }

  /** Gives the client what waits: it sends it now, or when it is connected. */
  flush(): void {
    const { kind } = this.#client.state;
    if (!this.isNamed || kind === "stopped" || kind === "closed") return;
    for (const entry of unsent(this.#store.state.written)) {
      if (!this.#given.has(entry.id)) this.#send(entry);
    }
  }

  async #send({ id, room, message }: WrittenMessage): Promise<void> {
    this.#given.add(id);
    try {
      await this.#client.publish(room, message, { id });
      this.#store.dispatch({ type: "message_taken", id });
    } catch (error) {
      if (!isGivenBack(error)) {
        const failure = error instanceof Error ? error.message : String(error);
        this.#store.dispatch({ type: "message_failed", id, failure });
      }
    } finally {
      this.#given.delete(id);
    }
  }
}

/** The connection ended for now or for good, and nothing is wrong with the message: it waits on. */
function isGivenBack(error: unknown): boolean {
  return error instanceof NotifyliError && (error.code === "stopped" || error.code === "closed");
}
