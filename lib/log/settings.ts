/** The settings of the log. */
import { onOff } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

export const log = slice({
  name: "log",
  title: "Log",
  settings: {
    APP_DEBUG: { default: "false", help: "Log at debug level", kind: onOff, reloadable: true },
  },
  config: (read) => ({ debug: read.value("APP_DEBUG") }),
});
