/** The Markdown of a notification in a mail: as few elements as it has, of words that are escaped. */
import { type Block, type Inline, readMarkdown } from "../../sdk/view/markdown.ts";
import type { Push } from "../types.ts";
import { absoluteUrl } from "./addresses.ts";
import { escaped } from "./escaped.ts";

const MARGIN = "margin:0 0 16px";

export function markdownHtml(markdown: string, push: Push): string {
  return readMarkdown(markdown).map((block) => htmlOf(block, push)).join("\n");
}

function htmlOf(block: Block, push: Push): string {
  switch (block.kind) {
    case "code":
      return `<pre dir="ltr" style="${MARGIN};white-space:pre-wrap"><code>${
        escaped(block.text)
      }</code></pre>`;
    case "paragraph":
      return `<p dir="auto" style="white-space:pre-line;${MARGIN}">${
        partsHtml(block.parts, push)
      }</p>`;
    case "list": {
      const items = block.items.map((parts) => `<li dir="auto">${partsHtml(parts, push)}</li>`);
      const [name, start] = block.start === undefined
        ? ["ul", ""]
        : ["ol", ` start="${block.start}"`];
      return `<${name}${start} style="${MARGIN}">${items.join("")}</${name}>`;
    }
  }
}

function partsHtml(parts: readonly Inline[], push: Push): string {
  return parts.map((part) => partHtml(part, push)).join("");
}

function partHtml(part: Inline, push: Push): string {
  switch (part.kind) {
    case "text":
      return escaped(part.text);
    case "code":
      return `<code dir="ltr">${escaped(part.text)}</code>`;
    case "strong":
    case "em":
      return `<${part.kind}>${partsHtml(part.parts, push)}</${part.kind}>`;
    case "link": {
      const url = absoluteUrl(part.link.href, push);
      const words = partsHtml(part.parts, push);
      return url === undefined ? words : `<a href="${escaped(url)}">${words}</a>`;
    }
  }
}
