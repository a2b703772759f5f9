/** Where dead letters are from. */
import type { Api } from "../../api/api.ts";
import type { DeadLetter, Page } from "../../api/shapes.ts";

export const SOURCES = [["schedule", "Schedule"], ["stream", "Redis"], ["amqp", "RabbitMQ"], [
  "hooks",
  "Webhooks",
]] as const;

export type Source = typeof SOURCES[number][0];

/** The first source that has a dead letter; the first of all where none has. */
export async function firstWithLetters(api: Api, signal: AbortSignal): Promise<Source> {
  const found = await Promise.all(SOURCES.map(async ([source]) => {
    const path = `/dead-letters?source=${source}&limit=1`;
    // Where one way cannot be reached, the others are shown all the same.
    const page = await api.get<Page<"dead_letters", DeadLetter>>(path, signal).catch(() => null);
    return (page?.dead_letters.length ?? 0) > 0;
  }));
  return SOURCES[Math.max(0, found.indexOf(true))]![0];
}
