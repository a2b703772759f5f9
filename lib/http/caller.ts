/** Who calls the API. `identify_caller.ts` finds out who it is. */
import type { ApiKey } from "../auth/keys/store.ts";
import { type Scope, SCOPES } from "../base/scope.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import type { Identity } from "../core/identity.ts";

export interface Caller {
  /** The only site that the caller reaches; the operator may name another one. */
  readonly site: string;
  readonly scopes: readonly Scope[];
  /** The id of the caller's key, `operator`, `local`, or `user` with the user's id. */
  readonly who: string;
  /** The user whose connection token the caller shows, in place of a key. */
  readonly identity?: Identity;
}

/** A program on this machine, while there is no key. It manages nothing, since being local is no proof. */
export const LOCAL: Caller = {
  site: DEFAULT_SITE,
  scopes: ["publish", "read", "chat:read", "chat:write", "files:read", "files:write"],
  who: "local",
};

/** Who sits at this machine, while there is no key, and uses the dashboard. */
export const LOCAL_OPERATOR: Caller = { site: DEFAULT_SITE, scopes: SCOPES, who: "local" };

/** The operator manages keys, tokens and blocks of every site, and makes a key for all else. */
export const OPERATOR: Caller = { site: DEFAULT_SITE, scopes: ["manage"], who: "operator" };

export function isOperator(caller: Caller): boolean {
  return caller === OPERATOR;
}

/** The caller who holds the key. */
export function callerWith({ site, scopes, id }: ApiKey): Caller {
  return { site, scopes, who: id };
}

/** A user, who may call the routes that say so, and no others. */
export function callerAs(identity: Identity): Caller {
  return { site: identity.site, scopes: [], who: `user ${identity.user}`, identity };
}
