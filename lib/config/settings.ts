/** Every setting there is: its default, what it is for, what is allowed. The README's table is checked against it. */

import { parseApiKey } from "../auth/keys/api_key.ts";
import { parseHostPattern } from "../net/host_rules.ts";
import { isAddressOrNetwork } from "../net/addresses.ts";
import { isRate } from "../limits/rate.ts";
import { SECRET_PREFIX, secretKey } from "../hooks/signature.ts";

export interface Setting {
  /** As one writes it; empty for none. */
  readonly default: string;
  readonly help: string;
  readonly kind: Kind;
}

export interface Kind {
  readonly allowed: string;
  test(value: string): boolean;
  /** A value as an error may show it; as it is, if absent. */
  shown?(value: string): string;
}

const text: Kind = { allowed: "any text", test: () => true };
const secret: Kind = { ...text, shown: () => "***" };
const filled: Kind = {
  allowed: "a non-empty text in one line",
  test: (value) => /^\P{Cc}+$/u.test(value),
};
const onOff: Kind = {
  allowed: "true or false",
  test: (value) => /^(true|false|1|0|yes|no|on|off)$/i.test(value),
};
const port: Kind = {
  allowed: "a whole number from 0 to 65535",
  test: (value) => /^\d{1,5}$/.test(value) && Number(value) <= 65535,
};
const seconds: Kind = {
  allowed: "a number of seconds from 1 to 86400",
  test: (value) => /^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 86400,
};
const limit: Kind = {
  allowed: "a whole number from 1 on, or off",
  test: (value) => value === "off" || (/^\d{1,15}$/.test(value) && Number(value) >= 1),
};
const secondsOrOff: Kind = {
  allowed: `${seconds.allowed}, or off`,
  test: (value) => value === "off" || seconds.test(value),
};
const rate: Kind = {
  allowed: "a rate and a burst such as 100/2000, or off",
  test: isRate,
};
const addressList: Kind = {
  allowed: "addresses and networks such as 203.0.113.7, 2001:db8::/32, separated by commas",
  test: (value) =>
    value.split(",").map((each) => each.trim())
      .every((each) => each === "" || isAddressOrNetwork(each)),
};
const targetList: Kind = {
  allowed: `${addressList.allowed}, or *`,
  test: (value) => value === "*" || addressList.test(value),
};
const historyRules: Kind = {
  allowed: "rules such as news:*=1000/86400, *=100/300 (pattern=size/seconds)",
  test: (value) =>
    /^\s*[^=,]+=\d{1,6}\/[1-9]\d{0,7}\s*(,\s*[^=,]+=\d{1,6}\/[1-9]\d{0,7}\s*)*$/.test(value),
};
const originList: Kind = {
  allowed: "origins such as https://shop.example, separated by commas, or *",
  test: (value) =>
    value.split(",").map((each) => each.trim()).every((each) =>
      each === "" || each === "*" || URL.parse(each)?.origin === each
    ),
};
const hostList: Kind = {
  allowed: "host names such as shop.example, *.shop.example, separated by commas, without a port",
  test: (value) =>
    value.split(",").map((each) => each.trim())
      .every((each) => each === "" || parseHostPattern(each) !== undefined),
};
const syncMode: Kind = {
  allowed: "always or everysec",
  test: (value) => value === "always" || value === "everysec",
};
const listener: Kind = {
  allowed: "deno or node",
  test: (value) => value === "deno" || value === "node",
};
const secretUrl: Kind = {
  allowed: "an http or https URL without a user or password in it",
  test: (value) => value === "" || isWebhookUrl(value),
  // Its path and query may be secrets, and a password may be in it.
  shown: (value) => value.replace(/^(\w+:\/\/)?(?:.*@)?([^/?#]*).*$/s, "$1$2/***"),
};
const webhookSecret: Kind = {
  allowed: `${SECRET_PREFIX} and 24 to 64 bytes in base64, or two of these with a space between`,
  test: (value) =>
    value === "" ||
    (value.split(" ").length <= 2 && value.split(" ").every((each) => secretKey(each))),
  shown: () => "***",
};
const apiKey: Kind = {
  allowed: "a key as `notifyli key create` prints it",
  test: (value) => value === "" || parseApiKey(value) !== undefined,
  shown: () => "***",
};
const appKey: Kind = {
  allowed: "a secret of at least 32 bytes, or two of these with a comma between",
  test: (value) => value === "" || isAppKey(value),
  shown: () => "***",
};
const tokenAlgorithm: Kind = {
  allowed: "HS256, RS256, ES256 or EdDSA",
  test: (value) => /^(HS256|RS256|ES256|EdDSA)$/.test(value),
};
const redisUrl: Kind = {
  allowed: "a URL such as redis://user:password@host:6379/0 or rediss://…, percent-encoded",
  test: (value) => value === "" || isRedisUrl(value),
  // A password that was not encoded may hold any of ":/@", and then ends who knows where.
  shown: (value) => value.replace(/^(\w+:\/\/)?.*@/s, "$1***@"),
};

/** Every setting there is. */
export const SETTINGS = {
  APP_HOST: { default: "127.0.0.1", help: "Address to listen on", kind: filled },
  APP_PORT: { default: "7000", help: "Port to listen on; 0 picks a free one", kind: port },
  APP_DEBUG: { default: "false", help: "Log at debug level", kind: onOff },
  APP_LISTENER: {
    default: "deno",
    help: "`deno` (Deno's own server) or `node` (node:http and ws)",
    kind: listener,
  },
  APP_DATA_DIR: {
    default: "data",
    help: "Folder of the embedded store; `:memory:` keeps it in memory",
    kind: filled,
  },
  APP_STORE_SYNC: {
    default: "always",
    help:
      "When the embedded store is safe from a power cut: `always` (before it accepts) or `everysec`",
    kind: syncMode,
  },
  APP_TLS_CERT: { default: "", help: "Certificate file (PEM), for wss and https", kind: text },
  APP_TLS_KEY: { default: "", help: "Key file (PEM) of that certificate", kind: text },
  APP_ALLOWED_ORIGINS: {
    default: "",
    help:
      "Sites whose pages may connect besides its own: `https://shop.example, …`, or `*` for any",
    kind: originList,
  },
  APP_HOSTS: {
    default: "",
    help: "Host names it may be called by: `shop.example, *.shop.example`; loopback ones always",
    kind: hostList,
  },
  APP_API_KEY: {
    default: "",
    help: "The API key that `send` and `key` show to the server; the server itself needs none",
    kind: apiKey,
  },
  APP_KEY: {
    default: "",
    help:
      "Secret that tokens are signed with (HS256); two, `current,previous`, while it is changed",
    kind: appKey,
  },
  APP_TOKEN_ALGORITHM: {
    default: "HS256",
    help: "How tokens are signed, no other is taken: `HS256`, `RS256`, `ES256` or `EdDSA`",
    kind: tokenAlgorithm,
  },
  APP_TOKEN_PUBLIC_KEY: {
    default: "",
    help: "Public key file (PEM) for tokens of the last three",
    kind: text,
  },
  APP_TOKEN_JWKS_URL: {
    default: "",
    help: "Where these keys are published (JWKS), in place of a file",
    kind: secretUrl,
  },
  APP_OPEN: {
    default: "false",
    help: "Without a key, anyone is who they say; `true` allows that from beyond this machine, too",
    kind: onOff,
  },
  APP_KEEPALIVE_SECONDS: {
    default: "25",
    help: "A client silent for so long is pinged; for as long again, it is dead",
    kind: seconds,
  },
  APP_SHUTDOWN_SECONDS: {
    default: "10",
    help: "A stop takes no longer than this, whatever the clients do",
    kind: seconds,
  },
  APP_LIMIT_FRAME: { default: "65536", help: "Bytes of one incoming frame or body", kind: limit },
  APP_LIMIT_MESSAGE: { default: "10000", help: "Characters of a message", kind: limit },
  APP_LIMIT_NAME: { default: "64", help: "Characters of a name", kind: limit },
  APP_LIMIT_ROOM: { default: "128", help: "Characters of a room's name", kind: limit },
  APP_LIMIT_USER_ID: { default: "64", help: "Characters of a user id", kind: limit },
  APP_LIMIT_ROOMS: { default: "100", help: "Rooms that one client may be in", kind: limit },
  APP_LIMIT_QUEUE: {
    default: "1048576",
    help:
      "Bytes that may wait for a slow client for a second (8 times as many at once), before it is closed",
    kind: limit,
  },
  APP_LIMIT_HISTORY: {
    default: "536870912",
    help: "Bytes of the messages of all rooms that the embedded engine keeps in memory",
    kind: limit,
  },
  APP_LIMIT_INBOX: {
    default: "1000",
    help: "Notifications kept for one user; read ones go first, then the oldest",
    kind: limit,
  },
  APP_LIMIT_INBOX_DAYS: { default: "30", help: "Days that a notification is kept", kind: limit },
  APP_LIMIT_HEADERS: {
    default: "16384",
    help: "Bytes of a request's headers; `node` listener",
    kind: limit,
  },
  APP_LIMIT_CONNECTIONS: {
    default: "off",
    help: "Connections of clients, in all; `off`: as many as there are file descriptors for",
    kind: limit,
  },
  APP_LIMIT_CONNECTIONS_USER: {
    default: "100",
    help: "Connections of one user",
    kind: limit,
  },
  APP_LIMIT_CONNECTIONS_IP: {
    default: "1000",
    help: "Connections from one address or IPv6 /64, but for loopback",
    kind: limit,
  },
  APP_RATE_MESSAGES: {
    default: "100/2000",
    help: "Frames of one connection: a second, and at once",
    kind: rate,
  },
  APP_RATE_MESSAGES_USER: {
    default: "200/4000",
    help: "Frames of all connections of one user",
    kind: rate,
  },
  APP_RATE_CONNECTS: { default: "off", help: "New connections, in all", kind: rate },
  APP_RATE_CONNECTS_IP: {
    default: "100/500",
    help: "New connections from one address or IPv6 /64, but for loopback",
    kind: rate,
  },
  APP_RATE_PUBLISH: {
    default: "off",
    help: "Notifications that one caller sends by the HTTP API",
    kind: rate,
  },
  APP_AUTH_SECONDS: {
    default: "off",
    help: "A client that has not said who it is for so long is closed",
    kind: secondsOrOff,
  },
  APP_HEADERS_SECONDS: {
    default: "10",
    help: "A request whose headers take longer is ended; `node` listener",
    kind: secondsOrOff,
  },
  APP_REQUEST_SECONDS: {
    default: "30",
    help: "A request whose body takes longer is ended",
    kind: secondsOrOff,
  },
  APP_ALLOW_IPS: {
    default: "",
    help: "The only addresses that may use the server: `203.0.113.7, 2001:db8::/32`",
    kind: addressList,
  },
  APP_DENY_IPS: { default: "", help: "Addresses that may not", kind: addressList },
  APP_TRUSTED_PROXIES: {
    default: "",
    help: "Proxies whose `X-Forwarded-For` or `Forwarded` says who the client is: `127.0.0.1`",
    kind: addressList,
  },
  APP_OUTGOING_PRIVATE_IPS: {
    default: "",
    help:
      "Private addresses that webhooks and `APP_TOKEN_JWKS_URL` may go to: `10.1.2.3`; `*` for any",
    kind: targetList,
  },
  APP_HISTORY: {
    default: "*=100/300",
    help:
      "Messages kept of a room, and seconds after its last: `pattern=size/seconds`, the first match counts",
    kind: historyRules,
  },
  APP_ROOMS: {
    default: "",
    help: "File of rules for rooms, such as `rooms.json`: docs/rooms.md",
    kind: text,
  },
  APP_PRIVATE_ROOMS: {
    default: "",
    help: "Rooms that need a subscription token or a grant, by pattern: `staff:*, board`",
    kind: text,
  },
  BOT_NAME: {
    default: "NotificationBot",
    help: "Name of this server's connections in Redis' `CLIENT LIST`",
    kind: filled,
  },
  BOT_ROOM: { default: "1", help: "Room of a notification that names none", kind: filled },
  WEBHOOK_URL: {
    default: "",
    help: "Told by POST when notifications are delivered and read: `https://shop.example/hook`",
    kind: secretUrl,
  },
  WEBHOOK_SECRET: {
    default: "",
    help: "What webhooks are signed with: `whsec_…`; two with a space between while it is changed",
    kind: webhookSecret,
  },
  REDIS_ENABLED: {
    default: "",
    help: "Use Redis; by default true where `REDIS_URL` or `REDIS_HOST` is set",
    kind: { ...onOff, test: (value: string) => value === "" || onOff.test(value) },
  },
  REDIS_URL: {
    default: "",
    help: "`redis://user:password@host:port/db` or `rediss://…`; in place of the next four",
    kind: redisUrl,
  },
  REDIS_HOST: { default: "127.0.0.1", help: "Redis' address", kind: filled },
  REDIS_PORT: { default: "6379", help: "Redis' port", kind: port },
  REDIS_USERNAME: { default: "", help: "Redis user (ACL)", kind: text },
  REDIS_PASSWORD: { default: "", help: "Redis password", kind: secret },
  REDIS_TLS_CA: {
    default: "",
    help: "File (PEM) of who signed the certificate of a `rediss://`; by default the known ones",
    kind: text,
  },
  REDIS_PREFIX: { default: "notifyli:", help: "Put before every key in Redis", kind: text },
  REDIS_MESSAGE_CHANNEL: {
    default: "",
    help: "Channel that other systems PUBLISH on; by default the prefix and `messages`",
    kind: text,
  },
  REDIS_LEASE_SECONDS: {
    default: "15",
    help: "A node not heard of for so long is dead, and its clients leave the hashes",
    kind: seconds,
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** Whether a value of the kind "true or false" means true. */
export function isOn(value: string): boolean {
  return /^(true|1|yes|on)$/i.test(value);
}

function isAppKey(value: string): boolean {
  const secrets = value.split(",").map((secret) => secret.trim());
  return secrets.length <= 2 &&
    secrets.every((secret) => new TextEncoder().encode(secret).length >= 32);
}

function isWebhookUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.username + url.password === "";
}

function isRedisUrl(value: string): boolean {
  const url = URL.parse(value);
  const known = url !== null && /^rediss?:$/.test(url.protocol) && url.hash === "" &&
    /^\/?\d*$/.test(url.pathname);
  if (!known) return false;
  try {
    decodeURIComponent(url.username + url.password);
    return true;
  } catch {
    return false;
  }
}
