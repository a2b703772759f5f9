/** Finds out for whom a request of the dashboard is: for the holder of a key by a session, or for who sits at this machine. */
import type { ApiKeys } from "../../auth/keys/api_keys.ts";
import type { Peer } from "../../core/socket.ts";
import type { Doors } from "../../feature.ts";
import { type Caller, callerWith, LOCAL_OPERATOR } from "../../http/caller.ts";
import { whyNotLocal } from "../../net/local_caller.ts";
import { secretsOf } from "./cookie.ts";
import type { Sessions } from "./sessions.ts";

export interface Holder {
  readonly caller: Caller;
  /** The name of the key. */
  readonly name: string;
  /** Unix time in milliseconds; absent where nobody has signed in. */
  readonly endsAt?: number;
}

export interface HolderParts extends Pick<Doors, "whyNotOwnProgram"> {
  readonly keys: Pick<ApiKeys, "exist">;
  readonly sessions: Sessions;
  /** Whether the server believes its clients. */
  readonly isOpen: boolean;
}

export interface HolderConfig {
  /** On which the server listens. */
  readonly host: string;
}

/** How many cookies of the name are looked at: those of other paths come along. */
const MOST_COOKIES = 4;

export class Holders {
  readonly #parts: HolderParts;
  readonly #config: HolderConfig;

  constructor(parts: HolderParts, config: HolderConfig) {
    this.#parts = parts;
    this.#config = config;
  }

  /** For whom it is, or why for nobody. */
  async find(request: Request, peer: Peer): Promise<Holder | string> {
    let refusal: string | undefined;
    for (const secret of secretsOf(request).slice(0, MOST_COOKIES)) {
      const session = await this.#parts.sessions.find(secret);
      if (typeof session !== "string") {
        const { key, endsAt } = session;
        return { caller: callerWith(key), name: key.name, endsAt };
      }
      refusal ??= session;
    }
    const foreign = await this.#whyNotHere(request, peer);
    return foreign === undefined ? HERE : refusal ?? foreign;
  }

  /** Why a request that was for somebody is for nobody any more; `undefined` where it still is. */
  async whyNotAnyMore(request: Request, peer: Peer): Promise<string | undefined> {
    const holder = await this.find(request, peer);
    return typeof holder === "string" ? holder : undefined;
  }

  /** Why a request needs a session. Who comes over loopback may be a stranger behind a proxy, so the system is asked, too. */
  async #whyNotHere(request: Request, peer: Peer): Promise<string | undefined> {
    const { isOpen, keys, whyNotOwnProgram } = this.#parts;
    if (!isOpen) return "it needs an API key with the scope 'manage'";
    if (await keys.exist()) {
      return "since there are API keys, it needs one with the scope 'manage'";
    }
    const { host } = this.#config;
    const foreign = whyNotLocal(request, { address: peer.address, host });
    if (foreign !== undefined) return foreign;
    const how = await whyNotOwnProgram(peer);
    return how && `Cannot use the dashboard without a key ${how}`;
  }
}

const HERE: Holder = { caller: LOCAL_OPERATOR, name: "this machine" };
