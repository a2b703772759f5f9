/**
 * Makes elements as they are described, and later changes only what is another by then, so that what has the focus keeps it.
 * Text is always text: nothing here reads HTML, and styles go through the CSSOM, which every content security policy allows.
 */

type Props = Readonly<Record<string, unknown>>;

/** An element as it is to be. */
export interface Described {
  readonly tag: string;
  readonly props: Props;
  readonly children: readonly (Described | string)[];
}

/** What is left out leaves no trace. */
export type Child = Described | string | number | false | null | undefined | readonly Child[];

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "path"]);

/** What each element was made from. */
const made = new WeakMap<Node, Described>();

/**
 * Describes an element.
 *
 * @param props attributes; `key`, by which it is known among its neighbours; `style`, an object of CSS properties; functions
 * such as `onclick`; `value` and `checked`, which are set as the user would; and `start`, the value that a field begins with
 */
export function h(tag: string, props: Props = {}, ...children: readonly Child[]): Described {
  return { tag, props, children: flat(children) };
}

/** Gives `parent` these children. Those that are there already stay. */
export function patch(parent: Node, children: readonly Child[]): void {
  const wanted = flat(children);
  const free = [...parent.childNodes];
  const nodes = wanted.map((each) => {
    const index = free.findIndex((node) => fits(node, each));
    const [found] = index < 0 ? [] : free.splice(index, 1);
    return found ?? create(each);
  });
  for (const node of free) node.remove();
  let at = parent.firstChild;
  for (const [index, node] of nodes.entries()) {
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
    update(node, wanted[index] ?? "");
  }
}

function flat(children: readonly Child[]): (Described | string)[] {
  const all: (Described | string)[] = [];
  for (const child of children) {
    if (Array.isArray(child)) all.push(...flat(child));
    else if (typeof child === "number") all.push(String(child));
    else if (child) all.push(child as Described | string);
  }
  return all;
}

function fits(node: Node, wanted: Described | string): boolean {
  if (typeof wanted === "string") return node.nodeType === Node.TEXT_NODE;
  const before = made.get(node);
  return before?.tag === wanted.tag && before.props.key === wanted.props.key;
}

function create(wanted: Described | string): ChildNode {
  if (typeof wanted === "string") return document.createTextNode(wanted);
  return SVG_TAGS.has(wanted.tag)
    ? document.createElementNS(SVG, wanted.tag)
    : document.createElement(wanted.tag);
}

function update(node: ChildNode, wanted: Described | string): void {
  if (typeof wanted === "string") {
    const text = node as Text;
    if (text.data !== wanted) text.data = wanted;
    return;
  }
  const element = node as Element;
  const before = made.get(element)?.props ?? {};
  made.set(element, wanted);
  patch(element, wanted.children); // a select has its value among its options
  for (const name of new Set([...Object.keys(before), ...Object.keys(wanted.props)])) {
    set(element, name, wanted.props[name], before[name]);
  }
}

function set(element: Element, name: string, value: unknown, before: unknown): void {
  if (name === "key") return;
  const field = element as unknown as Record<string, unknown>;
  if (name === "value" || name === "checked") {
    if (field[name] !== value) field[name] = value;
  } else if (value === before) return;
  else if (name === "start") field["value"] = value;
  else if (name === "style") {
    for (const [property, text] of Object.entries(value ?? {})) {
      (element as HTMLElement).style.setProperty(property, text);
    }
  } else if (name.startsWith("on")) {
    if (before === undefined) element.addEventListener(name.slice(2), react);
  } else if (value === undefined || value === null || value === false) {
    element.removeAttribute(name);
  } else element.setAttribute(name, value === true ? "" : String(value));
}

function react(this: Element, event: Event): void {
  const handler = made.get(this)?.props[`on${event.type}`];
  if (typeof handler === "function") handler(event);
}
