/** Puts a notification off: for one of four times, each said beside, or for a day and time of the user's choice. */
import { fieldTime, snoozeChoices } from "../../view/snooze_times.ts";
import { type Described, h } from "../dom.ts";
import { drawn, icon } from "../icons.ts";
import type { WordKey } from "../words.ts";
import { button, type Inbox } from "./inbox.ts";

const DAY_MS = 86_400_000;

/** A server takes no time that is further ahead. */
const LONGEST_MS = 366 * DAY_MS;

const ICONS = {
  clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  desk: "M8 6.5h12M8 12h12M8 17.5h12M4 6.5h.1M4 12h.1M4 17.5h.1",
  moon: "M20 14.5A8.5 8.5 0 1 1 9.5 4 7 7 0 0 0 20 14.5z",
  sun:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1 1M17.4 17.4l1 1M5.6 18.4l1-1M17.4 6.6l1-1",
};

export function snoozeMenu(inbox: Inbox, choose: (until: Date) => void): Described {
  const { words, ui } = inbox;
  if (ui.choosing !== undefined) return chooseTime(inbox, choose);
  const now = new Date();
  const items = snoozeChoices(now).map((choice) =>
    menuItem(
      { key: choice.label, onclick: () => choose(choice.until) },
      drawn(ICONS[choice.icon]),
      // The strings are named after the labels.
      h("span", {}, words.say(choice.label.toLowerCase().replaceAll(" ", "_") as WordKey)),
      h("small", {}, words.coming(choice.until.getTime() / 1000)),
    )
  );
  return h(
    "div",
    { class: "menu", part: "menu", role: "menu", "aria-label": words.say("remind_me"), onkeydown },
    h("p", { role: "presentation" }, words.say("remind_me")),
    items,
    menuItem(
      {
        key: "choose",
        class: "last",
        onclick: () => inbox.set({ choosing: fieldTime(new Date(now.getTime() + DAY_MS)) }),
      },
      icon("gear"),
      h("span", {}, words.say("choose_time")),
    ),
  );
}

function menuItem(props: Readonly<Record<string, unknown>>, ...children: Described[]): Described {
  return h("button", { type: "button", role: "menuitem", tabindex: -1, ...props }, ...children);
}

/** The arrows go from one to the next, and around. */
function onkeydown(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const items = [...(event.currentTarget as Element).querySelectorAll("button")];
  const index = items.findIndex((item) => item === event.target);
  items[(index + step + items.length) % items.length]?.focus();
}

function chooseTime({ words, ui, set }: Inbox, choose: (until: Date) => void): Described {
  const now = Date.now();
  const until = new Date(ui.choosing ?? "");
  const isComing = until.getTime() > now && until.getTime() < now + LONGEST_MS;
  const onsubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (isComing) choose(until);
  };
  return h(
    "form",
    { class: "menu", part: "menu", novalidate: true, onsubmit },
    h(
      "label",
      {},
      words.say("day_and_time"),
      h("input", {
        type: "datetime-local",
        required: true,
        value: ui.choosing,
        min: fieldTime(new Date(now)),
        max: fieldTime(new Date(now + LONGEST_MS)),
        "aria-invalid": String(!isComing),
        "aria-describedby": "choosing",
        oninput: ({ currentTarget }: Event) =>
          set({ choosing: (currentTarget as HTMLInputElement).value }),
      }),
    ),
    h(
      "small",
      { id: "choosing", class: isComing ? "" : "wrong" },
      isComing
        ? words.say("comes_back", { time: words.coming(until.getTime() / 1000) })
        : words.say("within_a_year"),
    ),
    button({ type: "submit", class: "p", disabled: !isComing }, words.say("snooze")),
  );
}
