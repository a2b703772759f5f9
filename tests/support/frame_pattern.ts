/** Compares frames with what the docs say, where `…` stands for any value. */
import type { Frame } from "./test_client.ts";

/** Whether the frame is, field by field and in order, what the text says. */
export function matches(frame: Frame, text: string): boolean {
  return patternOf(text).test(JSON.stringify(frame));
}

/** Matches a frame's text that is, byte for byte, what the pattern says. */
export function patternOf(text: string): RegExp {
  const pattern = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll('"…"', '"[^"]+"').replaceAll("\\[…\\]", "\\[.+\\]").replaceAll("…", "\\d+");
  return new RegExp(`^${pattern}$`);
}
