/** What the server tells about itself at `/config.json`; read once, by `main.tsx`, before all else. */
import { serverAddress } from "./address.ts";

export interface ServerConfig {
  version: string;
  /** The room of notifications that name none, which every user is silently in. It is empty when there is none. */
  bot_room: string;
  /** Open mode: the server believes whatever user id it is told. */
  open: boolean;
  /** The server asks for a token. It is `false` while the server has not said so. */
  tokens: boolean;
  /** The Redis channel that other systems publish on. It is empty where the server uses no Redis. */
  message_channel: string;
  files: FileLimits;
  /** The server pushes notifications to browsers. */
  pushes: boolean;
}

/** What may be uploaded. */
export interface FileLimits {
  /** Bytes of one file; `null` where there is no limit. */
  max_bytes: number | null;
  /** Media types such as `image/*`; all where there is none. */
  types: readonly string[];
}

export const DEFAULT_CONFIG: ServerConfig = {
  version: "",
  bot_room: "1",
  open: false,
  tokens: false,
  message_channel: "",
  files: { max_bytes: null, types: [] },
  pushes: false,
};

const CONFIG_DEADLINE_MS = 3_000;

/** Falls back to the defaults when the server has no answer: the page must come up all the same. */
export async function fetchConfig(): Promise<ServerConfig> {
  try {
    const signal = AbortSignal.timeout(CONFIG_DEADLINE_MS);
    const response = await fetch(new URL("config.json", serverAddress()), { signal });
    return response.ok ? parseConfig(await response.json()) : DEFAULT_CONFIG;
  } catch {
    return DEFAULT_CONFIG;
  }
}

/** Takes each field that is well-formed, and the default for the others. */
export function parseConfig(value: unknown): ServerConfig {
  if (typeof value !== "object" || value === null) return DEFAULT_CONFIG;
  const config = new Map<string, unknown>(Object.entries(value));
  const version = config.get("version");
  const botRoom = config.get("bot_room");
  const channel = config.get("message_channel");
  return {
    version: typeof version === "string" ? version : DEFAULT_CONFIG.version,
    bot_room: typeof botRoom === "string" || typeof botRoom === "number"
      ? String(botRoom)
      : DEFAULT_CONFIG.bot_room,
    open: config.get("open") === true,
    tokens: config.get("open") === false,
    message_channel: typeof channel === "string" ? channel : DEFAULT_CONFIG.message_channel,
    files: parseLimits(config.get("files")),
    pushes: typeof config.get("push_key") === "string",
  };
}

function parseLimits(value: unknown): FileLimits {
  if (typeof value !== "object" || value === null) return DEFAULT_CONFIG.files;
  const limits = new Map<string, unknown>(Object.entries(value));
  const bytes = limits.get("max_bytes");
  const types = limits.get("types");
  return {
    max_bytes: typeof bytes === "number" && bytes > 0 ? bytes : null,
    types: Array.isArray(types) ? types.filter((type) => typeof type === "string") : [],
  };
}
