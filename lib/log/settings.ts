/** The settings of the log. */
import { listed, onOff, type SettingKind } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";
import { CATEGORY, type Level, levelOf, LEVELS, type Levels, MOST_LEVELS } from "./levels.ts";

/** Categories with their levels: `notifyli.push:debug,notifyli.audit:warning`. */
const levels: SettingKind<Levels> = {
  allowed:
    `at most ${MOST_LEVELS} categories with a level each, such as notifyli.push:debug, with commas ` +
    `between; levels are ${LEVELS.join(", ")}`,
  test(text) {
    const each = listed(text);
    return each.length <= MOST_LEVELS && each.every((one) => entryOf(one) !== undefined);
  },
  parse: (text) => new Map(listed(text).map(entryOf).filter((each) => each !== undefined)),
};

export const log = slice({
  name: "log",
  title: "Log",
  settings: {
    APP_DEBUG: { default: "false", help: "Log at debug level", kind: onOff, reloadable: true },
    APP_LOG_LEVELS: {
      default: "",
      help: "Levels of the log by category, such as `notifyli.push:debug,notifyli.audit:warning`",
      kind: levels,
      reloadable: true,
    },
  },
  config: (read) => ({ debug: read.value("APP_DEBUG"), levels: read.value("APP_LOG_LEVELS") }),
});

function entryOf(text: string): [string, Level] | undefined {
  const [category = "", name, ...more] = text.split(":").map((part) => part.trim());
  const level = levelOf(name);
  const isGood = CATEGORY.test(category) && level !== undefined && more.length === 0;
  return isGood ? [category, level] : undefined;
}
