/** The settings of RabbitMQ: where it is, and which queues are used. */
import { ConfigError } from "../../base/config_error.ts";
import { oneOf, optional, type SettingKind, text } from "../../config/kinds.ts";
import { type Reader, slice } from "../../config/slice.ts";
import type { ValuesOf } from "../../config/setting.ts";
import { shownAddress } from "../../engines/redis/address.ts";
import { type AmqpAddress, parseAmqpUrl } from "./address.ts";

export interface AmqpConfig extends AmqpAddress {
  /** The queue that entries are taken from. */
  readonly queue: string;
  /** The queue for what cannot be taken. */
  readonly deadQueue: string;
  /** The type that the queues are declared with; absent: the one that the virtual host has for all. */
  readonly queueType?: "classic" | "quorum";
  /** Entries that RabbitMQ hands out before the first of them is acknowledged. */
  readonly prefetch: number;
  /** Path of a PEM file with the authority that signed RabbitMQ's certificate; absent if it is a known one. */
  readonly tlsCa?: string;
  /** Paths of PEM files with this server's own certificate and its key, for a RabbitMQ that asks clients for one. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

const amqpUrl: SettingKind<AmqpAddress> = {
  allowed:
    "a URL such as amqp://user:password@host:5672/vhost or amqps://… (TLS), percent-encoded, with no " +
    "other parameter than heartbeat",
  test: (text) => parseAmqpUrl(text) !== undefined,
  parse: (text) => parseAmqpUrl(text) ?? NOWHERE,
  shown: shownAddress,
};

/** Stands for no address: no text that passes its test comes to this. */
const NOWHERE: AmqpAddress = {
  ...{ host: "", port: 0, username: "", password: "", vhost: "/", heartbeatSeconds: 0, tls: false },
};

const MOST_BYTES_OF_NAME = 255;

const queueName: SettingKind<string> = {
  allowed: `a name of at most ${MOST_BYTES_OF_NAME} bytes that does not begin with amq.`,
  test: (text) =>
    /^(?!amq\.)\P{Cc}+$/u.test(text) &&
    new TextEncoder().encode(text).length <= MOST_BYTES_OF_NAME,
  parse: (text) => text,
};

const prefetch: SettingKind<number> = {
  allowed: "a whole number from 1 to 65535",
  test: (text) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535,
  parse: Number,
};

const SETTINGS = {
  AMQP_URL: {
    default: "",
    help: "RabbitMQ: `amqp://user:password@host:5672/vhost`, or `amqps://…` (TLS)",
    kind: optional(amqpUrl),
  },
  AMQP_QUEUE: {
    default: "notifyli.notifications",
    help: "Queue that notifications are taken from",
    kind: queueName,
  },
  AMQP_DEAD_QUEUE: {
    default: "",
    help:
      "Queue for what cannot be read or is refused; by default the queue's name with `.dead` behind it",
    kind: optional(queueName),
  },
  AMQP_QUEUE_TYPE: {
    default: "",
    help: "Type that the queues are declared with: `classic`, `quorum`; else the virtual host's",
    kind: optional(oneOf("classic", "quorum")),
  },
  AMQP_PREFETCH: {
    default: "200",
    help: "Entries that RabbitMQ hands out before the first of them is acknowledged",
    kind: prefetch,
  },
  AMQP_TLS_CA: {
    default: "",
    help:
      "Authority (PEM file) that signed the certificate of an `amqps://`; by default the known ones",
    kind: text,
  },
  AMQP_TLS_CERT: {
    default: "",
    help: "Certificate file (PEM) of this server, for a RabbitMQ that asks its clients for one",
    kind: text,
  },
  AMQP_TLS_KEY: { default: "", help: "Key file (PEM) of that certificate", kind: text },
};

type AmqpReader = Reader<ValuesOf<typeof SETTINGS>>;

/** The config is `undefined` without RabbitMQ. */
export const amqp = slice({
  name: "amqp",
  title: "RabbitMQ",
  settings: SETTINGS,
  config(read): AmqpConfig | undefined {
    const address = read.value("AMQP_URL");
    if (address === undefined) {
      warnOfUnused(read);
      return undefined;
    }
    const tls = tlsOf(read, address.tls);
    const queue = read.value("AMQP_QUEUE");
    const deadQueue = read.value("AMQP_DEAD_QUEUE") ?? `${queue}.dead`;
    if (queue === deadQueue) {
      throw new ConfigError(
        `Cannot use AMQP_DEAD_QUEUE=${deadQueue}: AMQP_QUEUE is the same queue, so what is refused ` +
          "would come again and again",
      );
    }
    const queueType = read.value("AMQP_QUEUE_TYPE");
    return {
      ...address,
      queue,
      deadQueue,
      ...(queueType !== undefined && { queueType }),
      prefetch: read.value("AMQP_PREFETCH"),
      ...tls,
    };
  },
});

function warnOfUnused(read: AmqpReader): void {
  const names = Object.keys(SETTINGS) as (keyof typeof SETTINGS)[];
  const given = names.find((name) => String(read.value(name) ?? "") !== SETTINGS[name].default);
  if (given !== undefined) read.warn(`${given} is given and has no effect: AMQP_URL is not set`);
}

const TLS_FILES = ["AMQP_TLS_CA", "AMQP_TLS_CERT", "AMQP_TLS_KEY"] as const;

function tlsOf(
  read: AmqpReader,
  tls: boolean,
): Pick<AmqpConfig, "tlsCa" | "tlsCert" | "tlsKey"> {
  const [tlsCa, tlsCert, tlsKey] = TLS_FILES.map((name) => read.value(name) || undefined);
  const set = TLS_FILES.find((name) => read.value(name) !== "");
  if (set !== undefined && !tls) {
    throw new ConfigError(`Cannot use ${set} alone: AMQP_URL does not begin with amqps://`);
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const [given, missing] = tlsKey === undefined
      ? ["AMQP_TLS_CERT", "AMQP_TLS_KEY"]
      : ["AMQP_TLS_KEY", "AMQP_TLS_CERT"];
    throw new ConfigError(`Cannot use ${given} alone: ${missing} is not set`);
  }
  return {
    ...(tlsCa !== undefined && { tlsCa }),
    ...(tlsCert !== undefined && { tlsCert }),
    ...(tlsKey !== undefined && { tlsKey }),
  };
}
