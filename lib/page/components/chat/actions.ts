/** What can be done with a message; rooms can do less than conversations. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { User } from "../../../sdk/mod.ts";
import type { ShownMessage } from "../../state/thread.ts";

export interface MessageActions {
  retry(message: ShownMessage): void;
  discard(message: ShownMessage): void;
  /** Takes a failed message back into the composer. */
  rewrite(message: ShownMessage): void;
  /** Comes back to a room that we were put out of. */
  rejoin?: () => void;
  /** Those below are there in conversations alone. */
  reply?: (message: ShownMessage) => void;
  edit?: (message: ShownMessage) => void;
  unsend?: (message: ShownMessage) => void;
  react?: (message: ShownMessage, emoji: string, isOn: boolean) => void;
  showReceipts?: (message: ShownMessage) => void;
  openPhoto?: (message: ShownMessage) => void;
  /** Goes to the message that another one quotes. */
  jump?: (messageId: number) => void;
  /** Whether single letters are keys, which can be switched off. */
  hasKeys: () => boolean;
  /** The name of somebody who is named by an id alone. */
  nameOf(userId: string): string;
  /** Who can be mentioned. */
  readonly people: readonly User[];
  readonly me: string;
  readonly isGroup: boolean;
  readonly isOnline: boolean;
}

export const Actions = createContext<MessageActions | null>(null);

export function useActions(): MessageActions {
  const actions = useContext(Actions);
  if (actions === null) throw new Error("Cannot act on a message: it is not within <Actions>");
  return actions;
}
