/** A device as it is kept, beside what a provider has to know of it. */
import type { TokenFacts } from "../core/identity.ts";
import type { PushProvider } from "./provider.ts";
import type { Device, ProviderName, PushResult } from "./types.ts";

/** All times are Unix milliseconds. */
export interface KeptDevice extends Device {
  readonly createdAt: number;
  /** When it was registered last: an application registers its device again whenever it starts. */
  readonly seenAt: number;
  /** The user's token by which it was registered: where that is revoked, the device goes. */
  readonly boundTo?: TokenFacts;
  /** What the last push came to. */
  readonly last?: {
    readonly at: number;
    readonly result: PushResult["result"];
    readonly why?: string;
  };
}

/** The providers that this server is set up for. */
export type Providers = ReadonlyMap<ProviderName, PushProvider>;
