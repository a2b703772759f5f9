/** When nothing asks for attention: ranges by weekday, as bars, each day of which opens to be changed. */
import type { QuietHours, UserPreferences } from "../../preferences/types.ts";
import { barsOf, DAYS, type Range, rangeWords } from "../../view/quiet_hours.ts";
import type { Words } from "../words.ts";
import { type Child, type Described, h } from "../dom.ts";
import { toggle } from "./controls.ts";
import { type ChangePreferences, iconButton, type Inbox, unseen } from "./inbox.ts";

/** What stands there when somebody turns quiet hours on for the first time, or adds a range. */
const NIGHT: Range = ["22:00", "07:00"];

/** A hundredth of a day, in minutes. */
const PERCENT = 14.4;

export function quietHours(
  inbox: Inbox,
  { quietHours, effective }: UserPreferences,
  change: ChangePreferences,
): Child {
  const { words } = inbox;
  const days = quietHours?.days ?? {};
  const isOn = quietHours !== undefined && quietHours.on !== false;
  const save = (hours: QuietHours) => change({ quietHours: hours });
  const turn = (on: boolean) => {
    const nights = Object.fromEntries(DAYS.map((day) => [day, [NIGHT]]));
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const isFirst = on && Object.keys(days).length === 0;
    return save({ on, ...(isFirst ? { days: nights, timeZone } : {}) });
  };
  return [
    h(
      "div",
      { class: "line quiet" },
      h("span", {}, words.say("quiet_hours"), h("small", {}, words.say("quiet_hint"))),
      toggle(inbox, { label: words.say("quiet_hours"), isOn, turn }),
    ),
    isOn && [
      zoneChoice(inbox, quietHours.timeZone ?? effective.timeZone, save),
      h(
        "ul",
        { class: "qh", role: "list" },
        DAYS.map((_, index) => dayRow(inbox, index, days, save)),
      ),
      h(
        "p",
        { class: "ax", "aria-hidden": "true" },
        [0, 6, 12, 18, 24].map((hour) => h("span", {}, hour)),
      ),
      h(
        "div",
        { class: "line quiet" },
        h("span", {}, words.say("quiet_urgent"), h("small", {}, words.say("quiet_urgent_hint"))),
        toggle(inbox, {
          label: words.say("quiet_urgent"),
          isOn: quietHours.urgent === true,
          turn: (urgent) => save({ urgent }),
        }),
      ),
    ],
  ];
}

type Save = (hours: QuietHours) => Promise<void>;
type Days = NonNullable<QuietHours["days"]>;

function zoneChoice({ words }: Inbox, zone: string, save: Save): Described {
  const zones = new Set([zone, "UTC", ...Intl.supportedValuesOf("timeZone")]);
  const onchange = ({ currentTarget }: Event) =>
    save({ timeZone: (currentTarget as HTMLSelectElement).value });
  return h(
    "label",
    { class: "line" },
    h(
      "span",
      {},
      words.say("time_zone"),
      h("small", {}, words.say("time_there", { time: clockIn(words, zone) })),
    ),
    h(
      "select",
      { value: zone, onchange },
      [...zones].map((each) => h("option", { value: each }, each)),
    ),
  );
}

function dayRow(inbox: Inbox, index: number, days: Days, save: Save): Described {
  const { words, ui, set } = inbox;
  const day = DAYS[index] ?? "mon";
  const name = weekday(words, index, "long");
  const said = rangeWords(days[day], {
    none: words.say("quiet_none"),
    allDay: words.say("quiet_all_day"),
  });
  const isOpen = ui.day === day;
  return h(
    "li",
    { key: day },
    h(
      "button",
      {
        ...{ type: "button", class: "qr", "aria-expanded": String(isOpen) },
        onclick: () => set({ day: isOpen ? undefined : day }),
      },
      unseen(`${name}: `),
      h("b", { "aria-hidden": "true" }, weekday(words, index, "short")),
      h("span", { class: "tr" }, barsOf(days, day).map(([from, to]) => bar(from, to))),
      h("span", { class: "v" }, said),
    ),
    isOpen && ranges(inbox, name, days[day] ?? [], {
      save: (ranges) => save({ days: { [day]: ranges } }),
      saveAll: (ranges) => save({ days: Object.fromEntries(DAYS.map((each) => [each, ranges])) }),
    }),
  );
}

/** What clocks show in a time zone. */
function clockIn({ lang }: Words, timeZone: string): string {
  return new Intl.DateTimeFormat(lang, { timeStyle: "short", timeZone }).format();
}

/** @param day from 0, which is Monday */
function weekday({ lang }: Words, day: number, weekday: "short" | "long"): string {
  // The first of this January was a Monday.
  return new Intl.DateTimeFormat(lang, { weekday, timeZone: "UTC" }).format(
    new Date(Date.UTC(2024, 0, day + 1)),
  );
}

function bar(from: number, to: number): Described {
  const style = { "inset-inline-start": `${from / PERCENT}%`, width: `${(to - from) / PERCENT}%` };
  return h("i", { key: `${from} ${to}`, style });
}

interface SaveRanges {
  save(ranges: readonly Range[]): void;
  /** On all days. */
  saveAll(ranges: readonly Range[]): void;
}

function ranges(
  { words }: Inbox,
  day: string,
  ranges: readonly Range[],
  { save, saveAll }: SaveRanges,
): Described {
  const link = (key: "add_range" | "same_all_days", onclick: () => void) =>
    h("button", { key, type: "button", class: "link", onclick }, words.say(key));
  return h(
    "div",
    { class: "ranges" },
    ranges.map((range, index) => {
      const number = index + 1;
      const field = (at: 0 | 1) =>
        h("input", {
          type: "time",
          "aria-label": words.say(at === 0 ? "range_from" : "range_to", { day, number }),
          value: range[at] === "24:00" ? "00:00" : range[at],
          onchange: ({ currentTarget }: Event) => {
            const { value } = currentTarget as HTMLInputElement;
            if (value === "" || value === range[at]) return;
            save(ranges.with(index, at === 0 ? [value, range[1]] : [range[0], value]));
          },
        });
      return h(
        "div",
        { key: index },
        field(0),
        words.say("to"),
        field(1),
        iconButton({
          name: "trash",
          label: words.say("remove_range", { number, day }),
          onclick: () => save(ranges.toSpliced(index, 1)),
        }),
      );
    }),
    h(
      "div",
      { key: "more" },
      link("add_range", () => save([...ranges, NIGHT])),
      link("same_all_days", () => saveAll(ranges)),
    ),
  );
}
