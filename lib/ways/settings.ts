/** The settings of how other systems bring things by Redis. */
import { ConfigError } from "../base/config_error.ts";
import { text } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";
import { redis } from "../engines/redis/settings.ts";

export interface BridgeConfig {
  /** The pub/sub channel that other systems publish notifications on. */
  readonly messageChannel: string;
  /** The pub/sub channel that other systems publish on what goes to rooms and topics. */
  readonly publicationChannel: string;
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
    REDIS_PUBLICATION_CHANNEL: {
      default: "",
      help: "Channel for what goes to rooms and topics; by default the prefix and `publications`",
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
    const publicationChannel = read.value("REDIS_PUBLICATION_CHANNEL") || `${prefix}publications`;
    if (publicationChannel === messageChannel) {
      throw new ConfigError(
        `Cannot use REDIS_PUBLICATION_CHANNEL=${publicationChannel}: REDIS_MESSAGE_CHANNEL is the same channel`,
      );
    }
    return { messageChannel, publicationChannel };
  },
});
