/** The Markdown of a notification as elements; nothing of it is ever read as HTML. */
import { type Block, type Inline, readMarkdown } from "../../view/markdown.ts";
import { type Child, type Described, h } from "../dom.ts";

export function markdown(text: string): Described {
  return h("div", { class: "md", dir: "auto" }, readMarkdown(text).map(blockOf));
}

function blockOf(block: Block): Child {
  switch (block.kind) {
    case "code":
      return h("pre", { dir: "ltr", tabindex: 0 }, h("code", {}, block.text));
    case "paragraph":
      return h("p", {}, block.parts.map(partOf));
    case "list": {
      const items = block.items.map((parts) => h("li", {}, parts.map(partOf)));
      return block.start === undefined
        ? h("ul", {}, items)
        : h("ol", { start: block.start }, items);
    }
  }
}

function partOf(part: Inline): Child {
  switch (part.kind) {
    case "text":
      return part.text;
    case "code":
      return h("code", { dir: "ltr" }, part.text);
    case "strong":
    case "em":
      return h(part.kind, {}, part.parts.map(partOf));
    case "link":
      return h("a", { ...part.link, title: part.link.href }, part.parts.map(partOf));
  }
}
