/** What a record of the log says. */
import type { LogRecord } from "@logtape/logtape";

/** The message with its values in place. */
export function textOf({ message }: LogRecord): string {
  return message.map(String).join("");
}
