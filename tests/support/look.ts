/** Looks at a page as people do: at both ends of its widths, in both looks. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { faint, faintIcons } from "./contrast.ts";

export interface Look {
  /** The parts of the page whose signs are looked at. */
  readonly parts: string;
  /** Is scrolled to, and has to be in view. */
  readonly shown?: Locator;
  /** Whether what lies on top is dark in any look. @default false */
  readonly isDark?: boolean;
  /** @default 360 and 1440 */
  readonly widths?: readonly number[];
}

/** Looks at the page in each width and look: words and signs can be seen, and nothing makes the page scroll sideways. */
export async function looksRight(
  page: Page,
  what: string,
  { parts, shown, isDark = false, widths = [360, 1440] }: Look,
): Promise<void> {
  for (const width of widths) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 800 });
      const where = `${what}, ${colorScheme}, at ${width} px`;
      await shown?.scrollIntoViewIfNeeded();
      assert.deepEqual(await faint(page), [], where);
      assert.deepEqual(await faintIcons(page, parts), [], where);
      assert.equal(await overflow(page), 0, where);
      const ground = await page.evaluate(GROUND) as number;
      assert.equal(ground < 0.25, isDark || colorScheme === "dark", `${where}: ${ground}`);
    }
  }
}

/** By how many pixels the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
}

/** What a finger would miss: the names of what can be pressed in a part of the page, and is smaller than so many pixels. */
export function tooSmall(part: Locator, pixels: number): Promise<string[]> {
  return part.evaluate(TOO_SMALL, pixels);
}

/** What is cut off, or lies outside of its box: the texts of a part of the page that are wider than their place. */
export function cutOff(part: Locator): Promise<string[]> {
  return part.evaluate(CUT_OFF);
}

// deno-lint-ignore no-explicit-any -- it runs in the page
const TOO_SMALL = (part: any, pixels: number) =>
  [...part.querySelectorAll("button, select, input, a.button")]
    .filter((each) => each.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
    // What is within a label is pressed by that, and a notification is pressed anywhere.
    .filter((each) => !each.matches(".open, .toopen"))
    .map((each) => [each, (each.closest("label") ?? each).getBoundingClientRect()])
    .filter(([, { width, height }]) => Math.min(width, height) < pixels - 0.5)
    .map(([each, { width, height }]) =>
      `${
        each.getAttribute("aria-label") ?? each.textContent
      }: ${width.toFixed()} x ${height.toFixed()}`
    );

// deno-lint-ignore no-explicit-any -- it runs in the page
const CUT_OFF = (part: any) => {
  const { left, right } = part.getBoundingClientRect();
  return [...part.querySelectorAll("*")]
    .filter((each) => each.checkVisibility({ opacityProperty: true }))
    .filter((each) => !each.closest(".visually-hidden, .unseen, .tb, pre, svg, option"))
    .filter((each) => {
      const box = each.getBoundingClientRect();
      return box.width > 0 && (box.left < left - 1 || box.right > right + 1);
    })
    .map((each) => each.outerHTML.slice(0, 100));
};

/** How light the ground is of what lies on top, from 0 to 1. */
const GROUND = `(() => {
  const dialog = document.querySelector("dialog[open]") ?? document.body;
  const [r, g, b] = getComputedStyle(dialog).backgroundColor.match(/[\\d.]+/g).map(Number);
  return (r + g + b) / 3 / 255;
})()`;
