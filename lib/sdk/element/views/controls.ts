/** Controls that several views have. */
import { type Described, h } from "../dom.ts";
import { button, type Inbox } from "./inbox.ts";

interface Toggle {
  readonly label: string;
  readonly isOn: boolean;
  readonly isLocked?: boolean;
  readonly turn: (isOn: boolean) => Promise<void>;
}

/** It is as it was turned until the server has answered, and then as it is. */
export function toggle(inbox: Inbox, { label, isOn, isLocked = false, turn }: Toggle): Described {
  const onchange = ({ currentTarget }: Event) => {
    const { checked } = currentTarget as HTMLInputElement;
    inbox.set({ turned: new Map([...inbox.ui.turned, [label, checked]]) });
    turn(checked).finally(() =>
      inbox.set({ turned: new Map([...inbox.ui.turned].filter(([each]) => each !== label)) })
    );
  };
  return h(
    "label",
    { class: "way" },
    h("input", {
      ...{ type: "checkbox", role: "switch", class: "sw", part: "switch", "aria-label": label },
      ...{ checked: inbox.ui.turned.get(label) ?? isOn, disabled: isLocked, onchange },
    }),
  );
}

/** In the shape of what comes. */
export function loading(label: string): Described {
  const bone = () => h("div", { class: "skl" }, h("i"), h("div", {}, h("i"), h("i")));
  return h("div", { class: "sk", role: "status", "aria-label": label }, bone(), bone(), bone());
}

/** Asks for the next page. */
export function older(words: string, onclick: () => void): Described {
  return h("p", { class: "older" }, button({ onclick }, words));
}

export function nothing(words: string): Described {
  return h("div", { class: "mt", part: "empty" }, h("p", {}, words));
}
