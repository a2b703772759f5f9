/** The settings of what is seen of a node from outside. */
import { isIP } from "node:net";
import { optional, type SettingKind } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

export interface ObserveConfig {
  /** Where metrics are served without a key, beside `/metrics` of the server itself. */
  readonly metricsAddress: Address | undefined;
}

export interface Address {
  readonly hostname: string;
  readonly port: number;
}

const address: SettingKind<Address> = {
  allowed: "an address and a port such as 127.0.0.1:9464 or [::1]:9464",
  test: (text) => parseAddress(text) !== undefined,
  parse: (text) => parseAddress(text) ?? { hostname: "", port: 0 },
};

export const observe = slice({
  name: "observe",
  title: "Metrics",
  settings: {
    APP_METRICS_ADDRESS: {
      default: "",
      help: "Also serve `/metrics` here, without a key: `127.0.0.1:9464`",
      kind: optional(address),
    },
  },
  config: (read): ObserveConfig => ({ metricsAddress: read.value("APP_METRICS_ADDRESS") }),
});

function parseAddress(text: string): Address | undefined {
  const [, bracketed, plain = "", port = ""] =
    /^(?:\[([\da-f:.]+)\]|([\w.]+)):(\d{1,5})$/i.exec(text) ??
      [];
  const hostname = bracketed ?? plain;
  const isAddress = hostname === "localhost" ||
    isIP(hostname) === (bracketed === undefined ? 4 : 6);
  return isAddress && Number(port) <= 65_535 ? { hostname, port: Number(port) } : undefined;
}
