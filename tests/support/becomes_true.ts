/** Waits for something in a page, also where its policy forbids `eval`: a page that looks again by itself does so by that. */
import type { Page } from "playwright-core";
import { waitFor } from "./wait.ts";

/** @param expression of JavaScript */
export async function becomesTrue(page: Page, expression: string): Promise<void> {
  await waitFor(expression, () => page.evaluate(`Boolean(${expression})`) as Promise<boolean>);
}
