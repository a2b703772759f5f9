/** What the works of conversations need. */
import type { Files } from "../../files/files.ts";
import type { ContentLimits } from "../content.ts";
import type { ConversationListener } from "../listener.ts";
import type { People } from "../people.ts";
import type { ChatConfig } from "../settings.ts";
import type { Message } from "../types.ts";
import { type Audience, Telling } from "./outcome.ts";
import type { EntrySql } from "./statements.ts";
import type { Dialect } from "./tables.ts";

export interface WorkParts {
  readonly sql: Dialect;
  readonly people: People;
  readonly entry: EntrySql;
  readonly audience: Audience;
  readonly listeners: readonly ConversationListener[];
  readonly config: ChatConfig;
  readonly limits: ContentLimits;
  readonly files: Pick<Files, "check" | "use" | "unuse">;
  /** A message as it is shown: with links to files. */
  show(message: Message): Message;
}

/** Each run of a work tells anew. */
export function telling({ audience, listeners }: WorkParts): Telling {
  return new Telling(audience, listeners);
}
