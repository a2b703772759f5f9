/** Does what changes conversations: runs the work, then tells those whom it concerns, and other capabilities. */
import type { Node } from "../core/node.ts";
import type { Work } from "../engines/database/database.ts";
import type { KnownAudience } from "./audience.ts";
import type { ConversationListener, ReadRecipients } from "./listener.ts";
import type { ChatPublisher } from "./publisher.ts";
import type { Outcome } from "./store/outcome.ts";
import type { WorkParts } from "./store/parts.ts";
import type { Holding } from "./store/statements.ts";
import type { ChatStore } from "./store/store.ts";
import { recipientsOf } from "./store/users.ts";

/** What doing needs. */
export interface DoingParts {
  readonly node: Node;
  readonly store: ChatStore;
  readonly audience: KnownAudience;
  readonly publisher: ChatPublisher;
  readonly listeners: readonly ConversationListener[];
}

export class Doing {
  readonly #parts: DoingParts;

  constructor(parts: DoingParts) {
    this.#parts = parts;
  }

  /**
   * Runs a work as one transaction, and tells of it.
   *
   * @param conversation works of one conversation run one after the other
   * @param options `isTold`: whether anybody is told, which may hang on the result; `holding`: what the work holds from its start
   */
  async change<Result>(
    site: string,
    conversation: number | string,
    work: (parts: WorkParts) => Work<Outcome<Result>>,
    { isTold = () => true, holding }: {
      readonly isTold?: (result: Result) => boolean;
      readonly holding?: Holding;
    } = {},
  ): Promise<Result> {
    const { store, audience, publisher } = this.#parts;
    const outcome = await store.change(conversation, work, holding);
    const { result, told, read } = outcome;
    audience.note(read);
    if (isTold(result)) publisher.publish(site, told);
    this.#tellListeners(outcome);
    return result;
  }

  #tellListeners({ happenings }: Outcome<unknown>): void {
    const { listeners, store, node } = this.#parts;
    if (listeners.length === 0) return;
    for (const { place, happening } of happenings) {
      const sender = happening.what === "message" ? happening.message.user : undefined;
      const recipients: ReadRecipients = (among) =>
        store.read(() => recipientsOf(place.id, sender, among));
      for (const listener of listeners) {
        try {
          listener.stored?.(place, happening, recipients);
        } catch (error) {
          node.logFailure("listener of conversations", error);
        }
      }
    }
  }
}
