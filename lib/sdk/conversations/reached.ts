/** How far others have got and read what was said, by two sources of which either may be the later one. */
import type { ChatMessage } from "./types.ts";

/** Pointers move forward only. */
export function further(
  known: { readonly read?: number; readonly delivered?: number },
  { read, delivered }: {
    readonly read?: number | undefined;
    readonly delivered?: number | undefined;
  },
): { read?: number; delivered?: number } {
  const most = (one: number | undefined, other: number | undefined) =>
    one === undefined ? other : Math.max(one, other ?? 0);
  const [upTo, come] = [most(known.read, read), most(known.delivered, delivered)];
  return {
    ...(upTo === undefined ? {} : { read: upTo }),
    ...(come === undefined ? {} : { delivered: come }),
  };
}

/** The last message as far as the other user of a private conversation has it. */
export function raised(
  last: ChatMessage | undefined,
  { read = 0, delivered = 0 }: { readonly read?: number; readonly delivered?: number },
): { lastMessage?: ChatMessage } {
  if (last?.status !== "sent" && last?.status !== "delivered") return {};
  const status = read >= last.offset ? "read" : delivered >= last.offset ? "delivered" : "sent";
  return { lastMessage: { ...last, status } };
}
