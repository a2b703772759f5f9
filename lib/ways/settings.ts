/** The settings of how other systems bring things by Redis. */
import { text } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";
import { redis } from "../engines/redis/settings.ts";

export interface BridgeConfig {
  /** The pub/sub channel that other systems publish notifications on. */
  readonly messageChannel: string;
}

/** The channel that other systems publish on who know nothing of a prefix. */
const USUAL_CHANNEL = "notifyli:messages";

/** The config is `undefined` without Redis. */
export const bridge = slice({
  name: "bridge",
  title: "The way in from Redis",
  settings: {
    REDIS_MESSAGE_CHANNEL: {
      default: "",
      help: "Channel that other systems PUBLISH on; by default the prefix and `messages`",
      kind: text,
    },
  },
  config(read): BridgeConfig | undefined {
    const prefix = read.of(redis)?.prefix;
    if (prefix === undefined) return undefined;
    const messageChannel = read.value("REDIS_MESSAGE_CHANNEL") || `${prefix}messages`;
    if (messageChannel !== USUAL_CHANNEL && !read.given("REDIS_MESSAGE_CHANNEL")) {
      read.warn(
        `REDIS_PREFIX=${prefix}: this server hears what is published on ${messageChannel}, and nothing ` +
          `of ${USUAL_CHANNEL} (REDIS_MESSAGE_CHANNEL says which channel is meant)`,
      );
    }
    return { messageChannel };
  },
});
