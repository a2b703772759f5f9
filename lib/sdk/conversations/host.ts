/** What the handle of one conversation uses of all that the client knows of conversations; `chat.ts` has it. */
import type { NotifyliError } from "../core/errors.ts";
import type { Link } from "../core/requests.ts";
import type { ChatMessage, ConversationInfo } from "./types.ts";
import type { Known } from "./known.ts";
import type { Pointers } from "./pointers.ts";
import type { Sends } from "./sends.ts";

export interface ChatHost {
  readonly link: Link;
  readonly known: Known;
  readonly sends: Sends;
  readonly pointers: Pointers;
  /** The user's id. */
  readonly userId: string;
  /** Takes what the server has answered of a conversation. */
  take(answer: ConversationInfo): ConversationInfo;
  /** An own message is `sent` where the server does not say how far it is, as it does in what it tells to all. */
  own(message: ChatMessage): ChatMessage;
  /** The user is in the conversation no more. */
  gone(conversation: number): void;
  failed(error: NotifyliError): void;
}
