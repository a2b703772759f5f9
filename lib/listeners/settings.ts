/** The settings of the listeners: where the server listens, and how long it waits. */
import { ConfigError } from "../base/config_error.ts";
import {
  filled,
  limit,
  oneOf,
  port,
  seconds,
  secondsOrOff,
  type SettingKind,
  text,
} from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

export interface ListenersConfig {
  readonly host: string;
  readonly port: number;
  readonly listener: "deno" | "node";
  /** At which path a proxy in front has the server, such as `/realtime`; empty for none. The proxy may leave it or cut it off. */
  readonly basePath: string;
  readonly tls?: TlsFiles;
  readonly keepaliveSeconds: number;
  readonly shutdownSeconds: number;
  /** How long clients are told to go elsewhere before a stop; infinite where they are not. */
  readonly drainSeconds: number;
  /** How long a request's headers may take, on the `node` listener. */
  readonly headersSeconds: number;
  /** How long a request's body may take. */
  readonly requestSeconds: number;
  /** How many bytes a request's headers may have, on the `node` listener. */
  readonly headerBytes: number;
}

/** Paths of PEM files. */
interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** The first parts of the server's own paths: a base path that begins so would hide them. */
const OWN_PATHS = /^\/(ws|sse|api|healthz|readyz)(\/|$)/;

const basePath: SettingKind<string> = {
  allowed: "a path such as /realtime, which is none of the server's own",
  test: (text) =>
    /^(\/[\w.~-]+)*\/?$/.test(text) && !OWN_PATHS.test(text) && !/\/\.{1,2}(\/|$)/.test(text),
  parse: (text) => text.replace(/\/$/, ""),
};

export const listeners = slice({
  name: "listeners",
  title: "Listening",
  settings: {
    APP_HOST: { default: "127.0.0.1", help: "Address to listen on", kind: filled },
    APP_PORT: { default: "7000", help: "Port to listen on; 0 picks a free one", kind: port },
    APP_LISTENER: {
      default: "deno",
      help: "`deno` (Deno's own server) or `node` (node:http and ws)",
      kind: oneOf("deno", "node"),
    },
    APP_BASE_PATH: {
      default: "",
      help:
        "Path at which a proxy has the server, such as `/realtime`: links to files begin with it",
      kind: basePath,
    },
    APP_TLS_CERT: {
      default: "",
      help: "Certificate file (PEM), for wss and https",
      kind: text,
      reloadable: true,
    },
    APP_TLS_KEY: {
      default: "",
      help: "Key file (PEM) of that certificate",
      kind: text,
      reloadable: true,
    },
    APP_KEEPALIVE_SECONDS: {
      default: "25",
      help: "A client silent for so long is pinged; after as long again, its connection is closed",
      kind: seconds,
    },
    APP_SHUTDOWN_SECONDS: {
      default: "10",
      help: "A stop takes no longer than this, whatever the clients do",
      kind: seconds,
    },
    APP_DRAIN_SECONDS: {
      default: "off",
      help:
        "Before a stop, `/readyz` says 503 and clients are told to go elsewhere, over this time: `15`",
      kind: secondsOrOff,
    },
    APP_HEADERS_SECONDS: {
      default: "10",
      help: "A request whose headers take longer is ended; `node` listener",
      kind: secondsOrOff,
    },
    APP_LIMIT_HEADERS: {
      default: "16384",
      help: "Bytes of a request's headers; `node` listener",
      kind: limit,
    },
    APP_REQUEST_SECONDS: {
      default: "30",
      help: "A request whose body takes longer is ended",
      kind: secondsOrOff,
    },
  },
  carriedOver: {
    APP_PORT: "",
    APP_LOCATION:
      "it has no effect here: the server listens at APP_HOST and APP_PORT, and the page " +
      "finds it by the address that the page was loaded from",
    "APP_WS_*":
      "it has no effect here: the page finds the server by the address that the page was " +
      "loaded from, /ws beside it, and TLS is the proxy's or that of APP_TLS_CERT",
  },
  config(read): ListenersConfig {
    const tls = tlsFiles(read.value("APP_TLS_CERT"), read.value("APP_TLS_KEY"));
    return {
      host: read.value("APP_HOST"),
      port: read.value("APP_PORT"),
      listener: read.value("APP_LISTENER"),
      basePath: read.value("APP_BASE_PATH"),
      tls,
      keepaliveSeconds: read.value("APP_KEEPALIVE_SECONDS"),
      shutdownSeconds: read.value("APP_SHUTDOWN_SECONDS"),
      drainSeconds: read.value("APP_DRAIN_SECONDS"),
      headersSeconds: read.value("APP_HEADERS_SECONDS"),
      requestSeconds: read.value("APP_REQUEST_SECONDS"),
      headerBytes: read.value("APP_LIMIT_HEADERS"),
    };
  },
});

function tlsFiles(cert: string, key: string): TlsFiles | undefined {
  if (cert === "" && key === "") return undefined;
  if (cert !== "" && key !== "") return { cert, key };
  const [set, missing] = cert === ""
    ? ["APP_TLS_KEY", "APP_TLS_CERT"]
    : ["APP_TLS_CERT", "APP_TLS_KEY"];
  throw new ConfigError(`Cannot use ${set} alone: ${missing} is not set, and TLS needs both`);
}
