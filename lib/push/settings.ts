/** The settings of what is pushed: when, how long it counts, with which text, and how many devices there may be. */
import { duration, limit, onOff, optional, type SettingKind } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

export interface PushConfig {
  /** Where browsers find this server, without a slash at its end; absent where nobody has said so. */
  readonly publicUrl?: string;
  /** How long a user who is connected has to acknowledge a notification before it is pushed; `Infinity`: nothing is pushed. */
  readonly afterMs: number;
  /** How long a push is worth being shown. */
  readonly ttlMs: number;
  /** Whether pushes have the texts of notifications. */
  readonly hasText: boolean;
  /** Devices of one user; `Infinity` for no limit. */
  readonly devices: number;
}

const durationOrOff: SettingKind<number> = {
  allowed: `${duration.allowed}; or off`,
  test: (text) => text === "off" || text === "0" || duration.test(text),
  parse: (text) => text === "off" ? Infinity : text === "0" ? 0 : duration.parse(text),
};

const publicUrl: SettingKind<string> = {
  allowed: "an http or https URL such as https://chat.example/realtime",
  test: (text) => {
    const url = URL.parse(text);
    return url !== null && /^https?:$/.test(url.protocol) &&
      url.username + url.password + url.search + url.hash === "";
  },
  parse: (text) => text.replace(/\/+$/, ""),
};

export const push = slice({
  name: "push",
  title: "Push",
  settings: {
    APP_PUBLIC_URL: {
      default: "",
      help: "Where browsers and devices find this server, such as https://chat.example",
      kind: optional(publicUrl),
    },
    APP_PUSH_AFTER: {
      default: "5s",
      help:
        "How long a user who is connected has to acknowledge a notification before it is pushed; `off`: nothing is pushed",
      kind: durationOrOff,
    },
    APP_PUSH_TTL: {
      default: "7d",
      help:
        "How long a push is worth being shown, where its notification does not say `expires_at`",
      kind: duration,
    },
    APP_PUSH_TEXT: {
      default: "on",
      help: "Whether pushes have titles and texts; `off`: devices fetch these from APP_PUBLIC_URL",
      kind: onOff,
    },
    APP_DEVICES_PER_USER: {
      default: "20",
      help: "Devices that one user may have; the one that was not seen for longest goes",
      kind: limit,
    },
  },
  config: (read): PushConfig => {
    const url = read.value("APP_PUBLIC_URL");
    return {
      ...(url !== undefined && { publicUrl: url }),
      afterMs: read.value("APP_PUSH_AFTER") * 1000,
      ttlMs: read.value("APP_PUSH_TTL") * 1000,
      hasText: read.value("APP_PUSH_TEXT"),
      devices: read.value("APP_DEVICES_PER_USER"),
    };
  },
});
