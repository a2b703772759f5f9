/** What axe finds against the accessibility of a page, in shadow roots too. */
import axe from "axe-core";
import type { Page } from "playwright-core";

/**
 * Of what is right axe tells little, since nobody reads it, which takes less; and it reads no style sheets for itself, which
 * only rules that are off by default would look at.
 */
const RUN = JSON.stringify({ resultTypes: ["violations"], preload: { assets: ["media"] } });

/** Resolves with the rules that are broken, each with where. */
export async function faultsFor(page: Page): Promise<string[]> {
  // Half a megabyte: a page that has it keeps it.
  if (!await page.evaluate("'axe' in globalThis")) await page.evaluate(axe.source);
  return await page.evaluate(`axe.run(${RUN}).then(({ violations }) =>
    violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) =>
        [id, help, JSON.stringify(target), failureSummary].join(" | "))))`);
}
