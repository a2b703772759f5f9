/** The settings of presence: how soon a user is offline. */
import { seconds } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

export const presence = slice({
  name: "presence",
  title: "Presence",
  settings: {
    APP_OFFLINE_SECONDS: {
      default: "10",
      help: "Seconds after a user's last connection until the user is offline, if none comes back",
      kind: seconds,
    },
  },
  config: (read) => ({ offlineSeconds: read.value("APP_OFFLINE_SECONDS") }),
});
