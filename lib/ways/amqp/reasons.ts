/** What RabbitMQ and the way to it say where something fails, in the words of the log. */
import { reasonOf } from "../../base/reason.ts";

/** The plain words of an error: RabbitMQ's own where it says some. */
export function wordsOf(error: unknown): string {
  const text = reasonOf(error);
  if (text.startsWith("Expected ConnectionOpenOk")) {
    return "the virtual host is not there, or this user may not use it";
  }
  return / with message "(.*)"$/s.exec(text)?.[1] ?? text;
}

/** Whether a queue is there that was declared in another way. */
export function isOtherQueue(error: unknown): boolean {
  return codeOf(error) === 406;
}

/** Whether the user lacks a permission. */
export function isNotAllowed(error: unknown): boolean {
  return codeOf(error) === 403;
}

/** Whether RabbitMQ is there, and will say the same until somebody has changed something. */
export function isRefusal(error: unknown): boolean {
  return error instanceof QueueError || codeOf(error) !== undefined ||
    /^(Handshake terminated|Expected ConnectionOpenOk)/.test(reasonOf(error));
}

/** A queue that cannot be used as it is. */
export class QueueError extends Error {}

/** RabbitMQ's code; the system's errors have a text in its place. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "number"
    ? error.code
    : undefined;
}
