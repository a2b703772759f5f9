/** Measures in a page how well words can be read: their contrast to what is behind them. */
import type { Page } from "playwright-core";

/** Words that are too faint to be read: their contrast to the ground is below 4.5. Over a picture, the worst one counts. */
export function faint(page: Page): Promise<string[]> {
  return page.evaluate(FAINT);
}

/** As {@linkcode faint}, for the signs of buttons and rows that a selector finds: they need a contrast of 3. */
export function faintIcons(page: Page, selector: string): Promise<string[]> {
  return page.evaluate(`(${ICONS})(${JSON.stringify(selector)})`);
}

const MEASURE = `
  // A page has few colours, and reading one from a canvas takes long.
  const parsed = new Map();
  const parse = (color) => {
    if (!parsed.has(color)) parsed.set(color, read(color));
    return parsed.get(color);
  };
  const read = (color) => {
    const canvas = read.canvas ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const over = (above, below) => above.map((part, at) => at === 3 ? 255 : (part * above[3] + below[at] * (255 - above[3])) / 255);
  // What an element is shown in, also where that is within another element's shadow.
  const around = (each) => each.assignedSlot ?? each.parentElement ?? each.getRootNode().host;
  const roots = [document, ...[...document.querySelectorAll("*")].flatMap((each) => each.shadowRoot ?? [])];
  // What is behind the words: one colour, or those of a picture at its lightest and darkest.
  const grounds = (element) => {
    const layers = [];
    for (let each = element; each; each = around(each)) {
      const color = parse(getComputedStyle(each).backgroundColor);
      if (color[3] > 250) return [layers.reduceRight((below, above) => over(above, below), color)];
      if (color[3] > 0) layers.push(color);
      if (each.matches(".photo-upload, .tray-remove, .gallery-step")) {
        return [[0, 0, 0, 255], [255, 255, 255, 255]].map((picture) =>
          layers.reduceRight((below, above) => over(above, below), picture));
      }
    }
    return [[255, 255, 255, 255]];
  };
  const contrastOf = (element) => {
    const color = parse(getComputedStyle(element).color);
    return Math.min(...grounds(element).map((ground) => {
      const [ink, under] = [light(over(color, ground)), light(ground)];
      return (Math.max(ink, under) + 0.05) / (Math.min(ink, under) + 0.05);
    }));
  };`;

const FAINT = `(() => {
  ${MEASURE}
  const found = [];
  const texts = roots.flatMap((root) => {
    const walker = document.createTreeWalker(root === document ? document.getElementById("app") : root, NodeFilter.SHOW_TEXT);
    const all = [];
    while (walker.nextNode()) all.push(walker.currentNode);
    return all;
  });
  for (const text of texts) {
    const element = text.parentElement;
    if (text.data.trim() === "" || !element?.checkVisibility({ opacityProperty: true })) continue;
    if (element.closest(".visually-hidden, .unseen, .connection, .skip-link, :disabled, .day-floating")) continue;
    const contrast = contrastOf(element);
    if (contrast < 4.5) found.push(text.data.slice(0, 40) + ": " + contrast.toFixed(2));
  }
  return [...new Set(found)];
})()`;

const ICONS = `(selector) => {
  ${MEASURE}
  return roots.flatMap((root) => [...root.querySelectorAll(selector)])
    .flatMap((part) => [...part.querySelectorAll("svg.icon, svg.i")])
    .filter((icon) => icon.checkVisibility({ visibilityProperty: true }) && !icon.closest(":disabled"))
    .filter((icon) => contrastOf(icon) < 3)
    .map((icon) => icon.parentElement.outerHTML.slice(0, 120) + ": " + contrastOf(icon).toFixed(2));
}`;
