/** The settings of what reaches devices: the services, their keys, and from whom mails are. */
import { createECDH } from "node:crypto";
import { ConfigError } from "../../base/config_error.ts";
import { listed, listOf, optional, secret, type SettingKind, text } from "../../config/kinds.ts";
import type { ValuesOf } from "../../config/setting.ts";
import { type Reader, slice } from "../../config/slice.ts";
import type { PrivateTargets } from "../../net/outward.ts";
import { outgoing, privateTargetsOf } from "../../net/settings.ts";
import { parseSender, parseSmtpUrl, type Sender, type SmtpAddress } from "./smtp_address.ts";

/** A part is `undefined` where it is not configured; Web Push always is. */
export interface ProvidersConfig {
  readonly vapid: VapidConfig;
  readonly fcm: FcmConfig | undefined;
  readonly apns: ApnsConfig | undefined;
  readonly ntfy: NtfyConfig | undefined;
  readonly mail: MailConfig | undefined;
  /** Where requests to the endpoints of devices may go besides public addresses. */
  readonly privateTargets: PrivateTargets;
}

export interface VapidConfig {
  /** In base64url; absent: the server makes one and keeps it in the database. */
  readonly privateKey: string | undefined;
  /** Whom a push service writes to where something is wrong: `mailto:` or `https:`. */
  readonly subject: string | undefined;
}

export interface FcmConfig {
  /** Path of the service account's JSON. */
  readonly credentials: string;
  /** Without a path, such as `https://fcm.googleapis.com`. */
  readonly server: string;
}

export interface ApnsConfig {
  /** Path of the key, a `.p8` file. */
  readonly key: string;
  readonly keyId: string;
  readonly team: string;
  /** The bundle ids of the applications; the first is that of devices that name none of them. */
  readonly topics: readonly [string, ...string[]];
  /** Without a path, such as `https://api.push.apple.com`. */
  readonly server: string;
}

export interface NtfyConfig {
  /** Servers to whose topics may be published, without a path; the token is the first one's. */
  readonly servers: readonly [string, ...string[]];
  readonly token: string | undefined;
}

export interface MailConfig {
  readonly smtp: SmtpAddress;
  readonly from: Sender;
  /** Path of a PEM file with the authority that signed the server's certificate; absent if it is a known one. */
  readonly tlsCa: string | undefined;
}

/** P-256's private keys have 32 bytes. */
const vapidKey: SettingKind<string> = {
  allowed: "a private key of P-256, 32 bytes in base64url, as `notifyli push keys` prints it",
  test: (text) => /^[\w-]{43}$/.test(text) && isPrivateKey(text),
  parse: (text) => text,
  shown: () => "***",
};

const subject: SettingKind<string> = {
  allowed: "an address such as mailto:admin@shop.example or https://shop.example",
  test: (text) =>
    /^mailto:[^\s@]+@[^\s@]+$/.test(text) || /^https:$/.test(URL.parse(text)?.protocol ?? ""),
  parse: (text) => text,
};

/** Plain http is for a server on this machine, such as a proxy that logs or a test's. */
const server: SettingKind<string> = {
  allowed: "an https URL without path, user or query, or one with http on this machine",
  test: isServer,
  parse: (text) => new URL(text).origin,
};

const ntfyServers: SettingKind<readonly string[]> = {
  ...listOf(
    "https URLs without path, user or query such as https://ntfy.sh, separated by commas; http on this machine",
    isServer,
  ),
  parse: (text) => listed(text).map((each) => new URL(each).origin),
};

const APNS_SERVERS: Readonly<Record<string, string>> = {
  production: "https://api.push.apple.com",
  sandbox: "https://api.sandbox.push.apple.com",
};

const apnsServer: SettingKind<string> = {
  allowed: `production, sandbox or ${server.allowed}`,
  test: (text) => text in APNS_SERVERS || server.test(text),
  parse: (text) => APNS_SERVERS[text] ?? server.parse(text),
};

/** What Apple gives to keys and teams. */
const tenCharacters: SettingKind<string> = {
  allowed: "10 letters and digits, as Apple shows them",
  test: (text) => /^[A-Z0-9]{10}$/.test(text),
  parse: (text) => text,
};

const topics = listOf(
  "bundle ids such as com.shop.app, separated by commas",
  (each) => /^[\w.-]{1,155}$/.test(each),
);

const smtpUrl: SettingKind<SmtpAddress> = {
  allowed:
    "a URL such as smtp://user:password@host:587 (STARTTLS) or smtps://… (TLS), percent-encoded; " +
    "?tls=off goes without TLS, and without a user unless it is on this machine",
  test: (text) => parseSmtpUrl(text) !== undefined,
  parse: (text) => parseSmtpUrl(text) ?? NOWHERE,
  shown: (text) => text.replace(/^(\w+:\/\/)?(?:.*@)?([^/?#]*).*$/s, "$1$2"),
};

/** Stands for no address: no text that passes its test comes to this. */
const NOWHERE: SmtpAddress = { host: "", port: 0, tls: "none", login: undefined };

const sender: SettingKind<Sender> = {
  allowed: "an address such as news@shop.example, or with a name: Shop <news@shop.example>",
  test: (text) => parseSender(text) !== undefined,
  parse: (text) => parseSender(text) ?? { name: undefined, address: "" },
};

const SETTINGS = {
  PUSH_VAPID_PRIVATE_KEY: {
    default: "",
    help:
      "Key of Web Push that `notifyli push keys` makes; else one is made and kept in the database",
    kind: optional(vapidKey),
  },
  PUSH_VAPID_SUBJECT: {
    default: "",
    help:
      "Whom push services write to if something is wrong: `mailto:admin@shop.example`, else `SMTP_FROM`; Apple wants it",
    kind: optional(subject),
  },
  PUSH_FCM_CREDENTIALS: {
    default: "",
    help: "File of the Firebase service account (JSON), for Android: docs/push.md",
    kind: text,
  },
  PUSH_FCM_SERVER: {
    default: "https://fcm.googleapis.com",
    help: "Where FCM is, such as a gateway of yours",
    kind: server,
  },
  PUSH_APNS_KEY: {
    default: "",
    help: "File of the key of Apple's push service (`.p8`)",
    kind: text,
  },
  PUSH_APNS_KEY_ID: { default: "", help: "Id of that key", kind: optional(tenCharacters) },
  PUSH_APNS_TEAM: {
    default: "",
    help: "Id of the team that the key is of",
    kind: optional(tenCharacters),
  },
  PUSH_APNS_TOPIC: {
    default: "",
    help: "Bundle ids of your apps: `com.shop.app`; the first is that of devices that name no app",
    kind: topics,
  },
  PUSH_APNS_SERVER: {
    default: "production",
    help: "`production`, `sandbox` for apps that are run from Xcode, or a gateway's URL",
    kind: apnsServer,
  },
  PUSH_NTFY_SERVERS: {
    default: "",
    help: "ntfy servers to whose topics users may be notified: `https://ntfy.sh`",
    kind: ntfyServers,
  },
  PUSH_NTFY_TOKEN: {
    default: "",
    help: "Access token for the first of these servers",
    kind: secret,
  },
  SMTP_URL: {
    default: "",
    help:
      "Server that mails go through: `smtp://user:password@host:587`, or `smtps://…`; always by TLS",
    kind: optional(smtpUrl),
  },
  SMTP_FROM: {
    default: "",
    help: "From whom mails are: `Shop <news@shop.example>`",
    kind: optional(sender),
  },
  SMTP_TLS_CA: {
    default: "",
    help: "Authority (PEM file) that signed its certificate; by default the known ones",
    kind: text,
  },
};

type Read = Reader<ValuesOf<typeof SETTINGS>>;

export const providers = slice({
  name: "providers",
  title: "Push: what reaches devices",
  settings: SETTINGS,
  config(read): ProvidersConfig {
    const mail = mailOf(read);
    return {
      vapid: vapidOf(read, mail),
      fcm: fcmOf(read),
      apns: apnsOf(read),
      ntfy: ntfyOf(read),
      mail,
      privateTargets: read.of(outgoing).privateTargets,
    };
  },
});

/** Whom mails are from can be written to as well. */
function vapidOf(read: Read, mail: MailConfig | undefined): VapidConfig {
  const sender = mail && `mailto:${mail.from.address}`;
  return {
    privateKey: read.value("PUSH_VAPID_PRIVATE_KEY"),
    subject: read.value("PUSH_VAPID_SUBJECT") ?? sender,
  };
}

function fcmOf(read: Read): FcmConfig | undefined {
  const credentials = read.value("PUSH_FCM_CREDENTIALS");
  const server = read.value("PUSH_FCM_SERVER");
  return credentials === "" ? undefined : { credentials, server };
}

function apnsOf(read: Read): ApnsConfig | undefined {
  const given = {
    PUSH_APNS_KEY: read.value("PUSH_APNS_KEY") || undefined,
    PUSH_APNS_KEY_ID: read.value("PUSH_APNS_KEY_ID"),
    PUSH_APNS_TEAM: read.value("PUSH_APNS_TEAM"),
    PUSH_APNS_TOPIC: read.value("PUSH_APNS_TOPIC").join() || undefined,
  };
  requireTogether(given);
  const { PUSH_APNS_KEY: key, PUSH_APNS_KEY_ID: keyId, PUSH_APNS_TEAM: team } = given;
  const [topic, ...topics] = read.value("PUSH_APNS_TOPIC");
  const server = read.value("PUSH_APNS_SERVER");
  if (key === undefined || keyId === undefined || team === undefined || topic === undefined) {
    return undefined;
  }
  return { key, keyId, team, topics: [topic, ...topics], server };
}

function ntfyOf(read: Read): NtfyConfig | undefined {
  const [first, ...others] = read.value("PUSH_NTFY_SERVERS");
  const token = read.value("PUSH_NTFY_TOKEN") || undefined;
  for (const each of [first, ...others]) {
    if (each !== undefined) privateTargetsOf("PUSH_NTFY_SERVERS", each, read);
  }
  if (first !== undefined) return { servers: [first, ...others], token };
  if (token === undefined) return undefined;
  throw new ConfigError("Cannot use PUSH_NTFY_TOKEN alone: PUSH_NTFY_SERVERS is not set");
}

function mailOf(read: Read): MailConfig | undefined {
  const smtp = read.value("SMTP_URL");
  const from = read.value("SMTP_FROM");
  const tlsCa = read.value("SMTP_TLS_CA") || undefined;
  requireTogether({ SMTP_URL: smtp, SMTP_FROM: from });
  if (smtp !== undefined && from !== undefined) return { smtp, from, tlsCa };
  if (tlsCa === undefined) return undefined;
  throw new ConfigError("Cannot use SMTP_TLS_CA alone: SMTP_URL is not set");
}

/** Throws unless all of the settings are given, or none. */
function requireTogether(given: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(given);
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length === 0 || missing.length === names.length) return;
  const [first] = names.filter((name) => given[name] !== undefined);
  const isAre = missing.length === 1 ? "is" : "are";
  throw new ConfigError(`Cannot use ${first} alone: ${missing.join(", ")} ${isAre} not set`);
}

function isServer(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.pathname !== "/") return false;
  if (url.username + url.password + url.search + url.hash !== "") return false;
  return url.protocol === "https:" ||
    url.protocol === "http:" && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}

function isPrivateKey(text: string): boolean {
  try {
    createECDH("prime256v1").setPrivateKey(text, "base64url");
    return true;
  } catch {
    return false;
  }
}
