/** What axe finds against the accessibility of a page, in shadow roots too. */
import axe from "axe-core";
import type { Page } from "playwright-core";

/** Resolves with the rules that are broken, each with where. */
export async function faultsFor(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(`axe.run().then(({ violations }) =>
    violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) =>
        [id, help, JSON.stringify(target), failureSummary].join(" | "))))`);
}
