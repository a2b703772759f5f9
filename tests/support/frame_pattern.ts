/** Compares frames with what the docs say, where `…` stands for any value. */
import type { Frame } from "./test_client.ts";

/** Whether the frame is, field by field and in order, what the text says. */
export function matches(frame: Frame, text: string): boolean {
  const pattern = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll('"…"', '"[^"]+"').replaceAll("\\[…\\]", "\\[.+\\]").replaceAll("…", "\\d+");
  return new RegExp(`^${pattern}$`).test(JSON.stringify(frame));
}
