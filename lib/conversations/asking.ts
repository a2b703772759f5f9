/**
 * Asks the application, where it wants to be asked, before a user says something in a conversation or says it in other words.
 * What the application itself says, or says in a user's name, is no question. `asks/questions.ts` asks.
 */
import type { Asking, Questions } from "../asks/questions.ts";
import type { Revocations } from "../auth/revocations/revocations.ts";
import type { UserId } from "../base/fields.ts";
import type { ConversationGate } from "./listener.ts";
import type { EditRequest, SendRequest } from "./requests.ts";
import type { Actor, Message } from "./types.ts";

export interface ConversationAskingParts {
  readonly questions: Questions;
  readonly revocations: Revocations;
  /** Whether clients are believed about who they are. */
  readonly isOpen: boolean;
  /** Rejects where the actor may not see a conversation: of what is forbidden nobody is asked. */
  requireAccess(actor: Actor, conversation: number): Promise<unknown>;
}

/** What is said, and what else a request has. */
type Saying = Pick<SendRequest, "text" | "data">;

export class ConversationAsking implements ConversationGate {
  readonly #parts: ConversationAskingParts;

  constructor(parts: ConversationAskingParts) {
    this.#parts = parts;
  }

  send(actor: Actor, request: SendRequest): Promise<SendRequest> | undefined {
    const user = this.#asked(actor);
    if (user === undefined) return undefined;
    const { conversation, to } = request;
    const place = conversation === undefined ? { to } : { conversation };
    return this.#said(actor, user, place, request);
  }

  edit(actor: Actor, { conversation }: Message, request: EditRequest) {
    const user = this.#asked(actor);
    return user === undefined ? undefined : this.#said(actor, user, { conversation }, request);
  }

  /** The user who is asked about; `undefined` where nobody is asked, as one look shows. */
  #asked({ user, isApplication }: Actor): UserId | undefined {
    return isApplication || !this.#parts.questions.asks("say") ? undefined : user;
  }

  /** Resolves with the request as the application wants it. */
  async #said<Request extends Saying>(
    actor: Actor,
    user: UserId,
    place: { readonly conversation?: number; readonly to?: UserId | undefined },
    request: Request,
  ): Promise<Request> {
    const { questions, revocations, isOpen } = this.#parts;
    const { conversation, to } = place;
    if (conversation !== undefined) await this.#parts.requireAccess(actor, conversation);
    const asking: Asking = { site: actor.site, user, name: actor.name, isGuest: isOpen };
    const { text, data } = request;
    const other = await questions.say(asking, {
      ...(conversation === undefined ? {} : { conversation }),
      ...(to === undefined ? {} : { to }),
      ...(text === undefined ? {} : { message: text }),
      data,
    });
    const block = revocations.blockOf(actor.site, user);
    if (block !== undefined) throw block; // who was blocked meanwhile says nothing more
    return other === undefined ? request : { ...request, text: other.message, data: other.data };
  }
}
