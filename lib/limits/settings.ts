/** The settings that limit what a client can cost. */
import type { Limits } from "../base/sizes.ts";
import { limit, secondsOrOff, type SettingKind } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";
import { isRate, parseRate, type Rate } from "./rate.ts";

export interface LimitsConfig extends Limits {
  /** How long a client may take to say who it is; `Infinity` for no deadline. */
  readonly identifySeconds: number;
}

/** How often things may happen. A rate that is `off` is absent. */
export interface Rates {
  /** Frames of one connection. */
  readonly messages?: Rate;
  /** Frames of all connections of one user. */
  readonly messagesPerUser?: Rate;
  /** Events that one connection tells in rooms. */
  readonly events?: Rate;
  /** New connections from all addresses. */
  readonly connects?: Rate;
  /** New connections from one address, or from one /64 of IPv6. */
  readonly connectsPerAddress?: Rate;
  /** Notifications that one caller sends by the HTTP API. */
  readonly publishes?: Rate;
}

/** How often something may happen; `off` is no limit. */
export const rate: SettingKind<Rate | undefined> = {
  allowed: "a rate and a burst such as 100/2000, or off",
  test: isRate,
  parse: parseRate,
};

export const limits = slice({
  name: "limits",
  title: "Limits; `off` for none",
  settings: {
    APP_LIMIT_FRAME: { default: "65536", help: "Bytes of one incoming frame or body", kind: limit },
    APP_LIMIT_MESSAGE: { default: "10000", help: "Characters of a message", kind: limit },
    APP_LIMIT_DATA: {
      default: "16384",
      help: "Bytes of the `data` of a message, notification or event, as JSON",
      kind: limit,
    },
    APP_LIMIT_NAME: { default: "64", help: "Characters of a name", kind: limit },
    APP_LIMIT_ROOM: {
      default: "128",
      help: "Characters of the name of a room or topic",
      kind: limit,
    },
    APP_LIMIT_USER_ID: { default: "64", help: "Characters of a user id", kind: limit },
    APP_LIMIT_ROOMS: { default: "100", help: "Rooms that one client may be in", kind: limit },
    APP_LIMIT_QUEUE: {
      default: "1048576",
      help:
        "Bytes that may wait for a slow client for a second (8 times as many at once), before it is closed",
      kind: limit,
    },
    APP_LIMIT_CONNECTIONS: {
      default: "off",
      help: "Connections of clients, in all; `off`: as many as there are file descriptors for",
      kind: limit,
    },
    APP_LIMIT_CONNECTIONS_USER: { default: "100", help: "Connections of one user", kind: limit },
    APP_LIMIT_CONNECTIONS_IP: {
      default: "1000",
      help: "Connections from one address or IPv6 /64, but for loopback",
      kind: limit,
    },
    APP_AUTH_SECONDS: {
      default: "off",
      help: "A client that has not said who it is for so long is closed",
      kind: secondsOrOff,
    },
  },
  config: (read): LimitsConfig => ({
    frame: read.value("APP_LIMIT_FRAME"),
    message: read.value("APP_LIMIT_MESSAGE"),
    data: read.value("APP_LIMIT_DATA"),
    name: read.value("APP_LIMIT_NAME"),
    room: read.value("APP_LIMIT_ROOM"),
    userId: read.value("APP_LIMIT_USER_ID"),
    rooms: read.value("APP_LIMIT_ROOMS"),
    queue: read.value("APP_LIMIT_QUEUE"),
    connections: read.value("APP_LIMIT_CONNECTIONS"),
    connectionsPerUser: read.value("APP_LIMIT_CONNECTIONS_USER"),
    connectionsPerAddress: read.value("APP_LIMIT_CONNECTIONS_IP"),
    identifySeconds: read.value("APP_AUTH_SECONDS"),
  }),
});

export const rates = slice({
  name: "rates",
  title: "Rates: so many a second / so many at once; `off` for none",
  settings: {
    APP_RATE_MESSAGES: {
      default: "100/2000",
      help: "Frames of one connection: a second, and at once",
      kind: rate,
      reloadable: true,
    },
    APP_RATE_MESSAGES_USER: {
      default: "200/4000",
      help: "Frames of all connections of one user",
      kind: rate,
      reloadable: true,
    },
    APP_RATE_EVENTS: {
      default: "20/100",
      help: "Events of one connection, such as that somebody is typing",
      kind: rate,
      reloadable: true,
    },
    APP_RATE_CONNECTS: {
      default: "off",
      help: "New connections, in all",
      kind: rate,
      reloadable: true,
    },
    APP_RATE_CONNECTS_IP: {
      default: "100/500",
      help: "New connections from one address or IPv6 /64, but for loopback",
      kind: rate,
      reloadable: true,
    },
    APP_RATE_PUBLISH: {
      default: "off",
      help: "Notifications that one caller sends by the HTTP API",
      kind: rate,
      reloadable: true,
    },
  },
  config: (read): Rates => ({
    messages: read.value("APP_RATE_MESSAGES"),
    messagesPerUser: read.value("APP_RATE_MESSAGES_USER"),
    events: read.value("APP_RATE_EVENTS"),
    connects: read.value("APP_RATE_CONNECTS"),
    connectsPerAddress: read.value("APP_RATE_CONNECTS_IP"),
    publishes: read.value("APP_RATE_PUBLISH"),
  }),
});
