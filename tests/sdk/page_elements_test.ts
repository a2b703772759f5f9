/** When an element has left the page, in a real one: what ends a subscription by itself. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { becomesTrue } from "../support/becomes_true.ts";
import { openContext, OPTIONS } from "../support/browser.ts";
import { bundled } from "../support/bundled.ts";

const [SCRIPT = ""] = await bundled("core/page_elements.ts");

/** Each has `el`, which is watched: what is done to it, and whether it has left the page then. */
const CASES: readonly [what: string, run: string, hasLeft: boolean][] = [
  ["stays", "", false],
  ["is taken out", "el.remove()", true],
  ["is in what is taken out", "outer.remove()", true],
  ["is in what is replaced", "document.body.innerHTML = ''", true],
  ["is moved within one task", "el.remove(); document.body.append(el)", false],
  [
    "is moved, and its task waits between",
    "el.remove(); await null; document.body.append(el)",
    false,
  ],
  ["is moved away later", "document.body.append(el); await later(); el.remove()", true],
  [
    "is moved into a shadow root, and taken out of it",
    "shadow.append(el); await later(); el.remove()",
    true,
  ],
  [
    "is moved into a shadow root, which goes",
    "shadow.append(el); await later(); host.remove()",
    true,
  ],
  ["is moved into a shadow root, which stays", "shadow.append(el)", false],
  [
    "is in a shadow root within another, whose host goes",
    "const inner = shadow.appendChild(document.createElement('div')); " +
    "inner.attachShadow({ mode: 'closed' }).append(el); await later(); inner.remove()",
    true,
  ],
  [
    "is in a shadow root whose host is moved to another, and goes from there",
    "shadow.append(el); const other = outer.attachShadow({ mode: 'open' }); await later(); " +
    "other.append(host); await later(); host.remove()",
    true,
  ],
];

/** The same for one that is not in the page when it begins to be watched. */
const WAITING: readonly [what: string, run: string, hasLeft: boolean][] = [
  ["never comes", "document.body.append('x'); await later()", false],
  ["comes", "outer.append(el)", false],
  ["comes and goes", "outer.append(el); await later(); el.remove()", true],
  ["comes and goes within one task", "outer.append(el); el.remove()", true],
  [
    "comes and goes within something within one task",
    "const box = document.createElement('p'); box.append(el); outer.append(box); box.remove()",
    true,
  ],
  [
    "comes into a shadow root, which goes after a time",
    "shadow.append(el); await new Promise((resolve) => setTimeout(resolve, 500)); host.remove()",
    true,
  ],
];

Deno.test("watchElement() in a browser", OPTIONS, async (t) => {
  await using context = await openContext();
  const page = await context.newPage();
  await page.route("**/*", (route) =>
    route.fulfill(
      route.request().url().endsWith(".js")
        ? { contentType: "text/javascript", body: SCRIPT }
        : { contentType: "text/html", body: HTML },
    ));
  await page.goto("http://page.test/");
  await becomesTrue(page, "globalThis.watchElement");
  for (const [what, run, hasLeft] of CASES) {
    await t.step(`an element ${what}`, async () => {
      assert.deepEqual(await outcome(page, `${BEGIN} outer.append(el); watch();`, run), {
        calls: hasLeft ? 1 : 0,
        observed: hasLeft ? 0 : 1,
      });
    });
  }
  for (const [what, run, hasLeft] of WAITING) {
    await t.step(`an element that is not there yet ${what}`, async () => {
      assert.deepEqual(await outcome(page, `${BEGIN} watch();`, run), {
        calls: hasLeft ? 1 : 0,
        observed: hasLeft ? 0 : 1,
      });
    });
  }
  await t.step("nothing is observed any more once nothing is watched", async () => {
    const run = "document.body.append(el); stop(); stop(); el.remove(); await later()";
    assert.deepEqual(await outcome(page, `${BEGIN} watch();`, run), { calls: 0, observed: 0 });
  });
  await t.step("each of many is told, and the others go on", async () => {
    const told = await page.evaluate(`(async () => {
      const told = [];
      const all = Array.from({ length: 300 }, (_, index) => {
        const el = document.body.appendChild(document.createElement("i"));
        watchElement(el, () => told.push(index));
        return el;
      });
      for (const el of all.slice(0, 299)) el.remove();
      await later();
      const first = told.length;
      all.at(-1).remove();
      await later();
      return [first, told.length, observed()];
    })()`);
    assert.deepEqual(told, [299, 300, 0]);
  });
});

/** Counts what is observed. What is changed is looked at in the next task, so two later all is told. */
const HTML = `<!doctype html><body></body><script type="module">
  const active = new Set();
  globalThis.MutationObserver = class extends MutationObserver {
    #isOurs = new Error().stack.includes("page_elements.js"); // Playwright has observers of its own
    observe(...asked) {
      if (this.#isOurs) active.add(this);
      super.observe(...asked);
    }
    disconnect() {
      active.delete(this);
      super.disconnect();
    }
  };
  const { watchElement } = await import("/page_elements.js");
  const task = () => new Promise((resolve) => setTimeout(resolve));
  const later = async () => (await task(), await task(), await task());
  Object.assign(globalThis, { watchElement, later, observed: () => active.size });
</script>`;

const BEGIN = `
  const outer = document.body.appendChild(document.createElement("div"));
  const host = document.body.appendChild(document.createElement("div"));
  const shadow = host.attachShadow({ mode: "open" });
  const el = document.createElement("b");
  let calls = 0;
  let stop;
  const watch = () => stop = watchElement(el, () => calls++);
`;

/** How often it was told that the element is gone, and whether anything is observed after that. */
async function outcome(page: Page, begin: string, run: string): Promise<unknown> {
  return await page.evaluate(`(async () => {
    ${begin}
    await later();
    ${run};
    await later();
    const outcome = { calls, observed: observed() };
    stop();
    return outcome;
  })()`);
}
