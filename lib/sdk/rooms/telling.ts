/** Tells the others in a room of events. An event is of its moment: it waits for no connection, and is not sent twice. */
import { NotifyliError } from "../core/errors.ts";
import type { Command } from "../core/frames.ts";
import type { Link } from "../core/requests.ts";

export class Telling {
  readonly #link: Link;
  /** Ends what the server has not answered for. */
  readonly #pending = new Set<(error: NotifyliError) => void>();

  constructor(link: Link) {
    this.#link = link;
  }

  /** Resolves when the server has taken it; rejects with the server's error, `offline` or `not_confirmed`. */
  tell(command: Command & { readonly type: "event" }): Promise<void> {
    if (!this.#link.online) {
      const message = `Cannot tell of ${JSON.stringify(command.event)}: there is no connection`;
      return Promise.reject(new NotifyliError("offline", message));
    }
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      this.#link.request(command, (reply) => {
        this.#pending.delete(reject);
        if (reply.success) resolve();
        else reject(reply.error);
      }, { isOnce: true });
    });
  }

  /** The connection is gone, and all answers with it. */
  interrupt(): void {
    const message = "The connection broke before the server had answered";
    for (const reject of this.#pending) reject(new NotifyliError("not_confirmed", message));
    this.#pending.clear();
  }
}
