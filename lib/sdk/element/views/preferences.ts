/** What the user wants of notifications: which kinds come by which ways, and when none of them asks for attention. */
import type { EffectiveKind, UserPreferences, WayChoice } from "../../preferences/types.ts";
import { kindWords } from "../../view/entries.ts";
import { type Child, type Described, h } from "../dom.ts";
import { reasonOf } from "../feed.ts";
import { icon } from "../icons.ts";
import { loading, toggle } from "./controls.ts";
import { type ChangePreferences, iconButton, type Inbox, named } from "./inbox.ts";
import { quietHours } from "./quiet_hours.ts";

const WAYS: readonly (readonly [keyof WayChoice, "in_app" | "push" | "mail"])[] = [
  ["inApp", "in_app"],
  ["push", "push"],
  ["mail", "mail"],
];

/** All kinds of which nothing is said. */
const OTHERS = "*";

const MUTES = [
  ["1h", "mute_1h"],
  ["8h", "mute_8h"],
  ["tomorrow 9:00", "mute_tomorrow"],
  ["7d", "mute_7d"],
] as const;

export function preferencesView(inbox: Inbox): Child[] {
  const { shelf, words, ui, set } = inbox;
  const preferences = shelf?.preferences;
  const change: ChangePreferences = async (change) => {
    try {
      await shelf?.change(change);
      set({ problem: "" });
    } catch (error) {
      set({ problem: reasonOf(error) });
    }
  };
  return [
    h(
      "header",
      { part: "header" },
      iconButton({
        ...{ key: "back", name: "back", label: words.say("back") },
        onclick: () => set({ view: "list", problem: "" }),
      }),
      h("h2", { part: "title" }, words.say("preferences")),
      iconButton({ key: "close", name: "close", label: words.say("close"), onclick: inbox.close }),
    ),
    h(
      "div",
      { class: "list prefs", part: "preferences", tabindex: -1 },
      ui.problem !== "" && h(
        "p",
        { class: "out bad", role: "alert" },
        icon("alert"),
        words.say("not_saved", { reason: ui.problem }),
      ),
      preferences === undefined ? loading(words.say("loading")) : [
        kindTable(inbox, preferences, change),
        mute(inbox, preferences, change),
        quietHours(inbox, preferences, change),
        h("slot", { key: "more", name: "preferences" }),
      ],
    ),
  ];
}

function kindTable(
  inbox: Inbox,
  preferences: UserPreferences,
  change: ChangePreferences,
): Child {
  const { words } = inbox;
  const kinds = Object.entries(preferences.effective.kinds).toSorted(([a], [b]) =>
    Number(a === OTHERS) - Number(b === OTHERS) || a.localeCompare(b)
  );
  const nameOf = (kind: string) =>
    kind !== OTHERS
      ? kindWords(kind, preferences)
      : words.say(kinds.length === 1 ? "all_kinds" : "other_kinds");
  const row = ([kind, effective]: [string, EffectiveKind]) =>
    h(
      "tr",
      { key: kind },
      h("th", { scope: "row" }, named(nameOf(kind)), about(effective)),
      WAYS.map(([way, key]) =>
        h(
          "td",
          {},
          toggle(inbox, {
            label: `${nameOf(kind)}, ${words.say(key)}`,
            isOn: effective[way],
            isLocked: effective.locked !== undefined,
            turn: (isOn) => change({ kinds: { [kind]: { [way]: isOn } } }),
          }),
        )
      ),
    );
  const about = ({ description, locked }: EffectiveKind): Child => {
    const said = locked === undefined ? description : words.say("locked", { reason: locked });
    return said !== undefined && h("small", {}, named(said));
  };
  return [
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, words.say("kind")),
          WAYS.map(([, key]) => h("th", { scope: "col" }, words.say(key))),
        ),
      ),
      h("tbody", {}, kinds.map(row)),
    ),
    h("p", { class: "hint" }, words.say("kinds_hint")),
  ];
}

function mute(
  { words }: Inbox,
  { effective, muteUntil = 0 }: UserPreferences,
  change: ChangePreferences,
): Described {
  const onchange = ({ currentTarget }: Event) => {
    const { value } = currentTarget as HTMLSelectElement;
    change({ muteUntil: value === "off" ? null : value });
  };
  return h(
    "label",
    { class: "line" },
    h(
      "span",
      {},
      words.say("mute_all"),
      h(
        "small",
        {},
        effective.muted
          ? words.say("muted_until", { time: words.coming(muteUntil) })
          : words.say("mute_hint"),
      ),
    ),
    h(
      "select",
      { value: "", onchange },
      h("option", { value: "" }, words.say(effective.muted ? "muted" : "not_muted")),
      effective.muted && h("option", { value: "off" }, words.say("unmute")),
      MUTES.map(([value, key]) => h("option", { value }, words.say(key))),
    ),
  );
}
