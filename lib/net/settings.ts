/** The settings of the network: who may call the server, by which names, and where its own requests may go. */
import { ConfigError } from "../base/config_error.ts";
import { listed, listOf, onOff, type SettingKind } from "../config/kinds.ts";
import { type Reader, slice } from "../config/slice.ts";
import { isAddressOrNetwork } from "./addresses.ts";
import { parseHostPattern } from "./host_rules.ts";
import type { AllowedOrigins } from "./origin.ts";
import { parseOriginPattern } from "./origin_patterns.ts";
import { Outward, type PrivateTargets } from "./outward.ts";

/** Lists of addresses and of networks such as `203.0.113.0/24`. */
export interface AddressRules {
  /** The only addresses that may use the server; empty if all may. */
  readonly allowed: readonly string[];
  readonly denied: readonly string[];
  /** Proxies that are believed when they say whom they speak for. */
  readonly trustedProxies: readonly string[];
}

interface NetConfig {
  /** Other websites and apps whose pages may connect. */
  readonly origins: AllowedOrigins;
  /** Names and patterns by which the server may be called, as a URL has them; empty if there is no list. */
  readonly hosts: readonly string[];
  /** Whether a server without tokens may listen on any address, and not only on loopback. */
  readonly isOpen: boolean;
  readonly addresses: AddressRules;
}

const addressList = listOf(
  "addresses and networks such as 203.0.113.7, 2001:db8::/32, separated by commas",
  isAddressOrNetwork,
);

const targetList: SettingKind<PrivateTargets> = {
  ...addressList,
  allowed: `${addressList.allowed}, or *`,
  test: (text) => text === "*" || addressList.test(text),
};

const originList: SettingKind<AllowedOrigins> = {
  ...listOf(
    "origins such as https://shop.example, https://*.shop.example, capacitor://localhost or null, " +
      "separated by commas, or *",
    (each) => parseOriginPattern(each) !== undefined,
  ),
  parse: (text) => listed(text).flatMap((each) => parseOriginPattern(each) ?? []),
};

const hostList: SettingKind<readonly string[]> = {
  ...listOf(
    "host names such as shop.example, *.shop.example, separated by commas, without a port",
    (each) => parseHostPattern(each) !== undefined,
  ),
  parse: (text) => listed(text).flatMap((each) => parseHostPattern(each) ?? []),
};

export const net = slice({
  name: "net",
  title: "From where one may connect",
  settings: {
    APP_OPEN: {
      default: "false",
      help:
        "Without a key, anyone is who they say; `true` allows that from beyond this machine, too",
      kind: onOff,
    },
    APP_HOSTS: {
      default: "",
      help: "Host names of the server: `shop.example, *.shop.example`; loopback names always work",
      kind: hostList,
      guard: {},
    },
    APP_ALLOWED_ORIGINS: {
      default: "",
      help:
        "Sites whose pages may connect besides the server's: `https://shop.example, …`, or `*` for any",
      kind: originList,
    },
    APP_ALLOW_IPS: {
      default: "",
      help: "The only addresses that may use the server: `203.0.113.7, 2001:db8::/32`",
      kind: addressList,
      guard: {},
    },
    APP_DENY_IPS: {
      default: "",
      help: "Addresses that may not use the server",
      kind: addressList,
      guard: {},
    },
    APP_TRUSTED_PROXIES: {
      default: "",
      help: "Proxies whose `X-Forwarded-For` or `Forwarded` says who the client is: `127.0.0.1`",
      kind: addressList,
    },
  },
  config: (read): NetConfig => ({
    origins: read.value("APP_ALLOWED_ORIGINS"),
    hosts: read.value("APP_HOSTS"),
    isOpen: read.value("APP_OPEN"),
    addresses: {
      allowed: read.value("APP_ALLOW_IPS"),
      denied: read.value("APP_DENY_IPS"),
      trustedProxies: read.value("APP_TRUSTED_PROXIES"),
    },
  }),
});

export const outgoing = slice({
  name: "outgoing",
  title: "Where requests of the server may go",
  settings: {
    APP_OUTGOING_PRIVATE_IPS: {
      default: "",
      help:
        "Private addresses that webhooks, actions, push and `APP_TOKEN_JWKS_URL` may go to: `10.1.2.3`; `*` for any",
      kind: targetList,
    },
  },
  config: (read): { readonly privateTargets: PrivateTargets } => ({
    privateTargets: read.value("APP_OUTGOING_PRIVATE_IPS"),
  }),
});

/**
 * The private addresses to which the URL of a setting may lead; the setting's slice calls this. Throws if the URL leads
 * to another private address.
 */
export function privateTargetsOf(
  name: string,
  url: string,
  read: Pick<Reader, "of" | "variable" | "warn">,
): PrivateTargets {
  const { privateTargets } = read.of(outgoing);
  const address = new Outward(privateTargets).refusedTarget(new URL(url));
  if (address !== undefined) {
    throw new ConfigError(
      `Cannot use ${name}: it leads to the private address ${address}. ` +
        `If it should, set APP_OUTGOING_PRIVATE_IPS=${address}`,
    );
  }
  const proxy = read.variable(/^(https?|all)_proxy$/i);
  // The address that is checked must be the one that is connected to, so no proxy can stand in between.
  if (proxy !== undefined && !privateTargets.includes("*")) {
    read.warn(
      `${proxy} is not used, unless APP_OUTGOING_PRIVATE_IPS=* leaves it to the proxy what is private`,
    );
  }
  return privateTargets;
}
