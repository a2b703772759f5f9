/** Controls that several views have. */
import { type Described, h } from "../dom.ts";

export function toggle(label: string, props: Readonly<Record<string, unknown>>): Described {
  return h("input", {
    ...{ type: "checkbox", role: "switch", class: "sw", part: "switch", "aria-label": label },
    ...props,
  });
}

/** In the shape of what comes. */
export function loading(label: string): Described {
  const bone = () => h("div", { class: "skl" }, h("i"), h("div", {}, h("i"), h("i")));
  return h("div", { class: "sk", role: "status", "aria-label": label }, bone(), bone(), bone());
}

export function nothing(words: string): Described {
  return h("div", { class: "mt", part: "empty" }, h("p", {}, words));
}
