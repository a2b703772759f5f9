/** The setting of notices: whether there are any. */
import { onOff } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

export interface ChatNoticesConfig {
  readonly isOn: boolean;
}

export const chatNotices = slice({
  name: "chatNotices",
  title: "Notifications of messages in conversations",
  settings: {
    APP_CHAT_NOTIFY: {
      default: "true",
      help: "Whether users who hear no conversations get a notification of what is said there",
      kind: onOff,
    },
  },
  config: (read): ChatNoticesConfig => ({ isOn: read.value("APP_CHAT_NOTIFY") }),
});
