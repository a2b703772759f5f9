/**
 * Who calls the API: the holder of a key, or, while there is no key, a program on this machine. A cookie never
 * counts: a page of another site can make a browser send it.
 */
import type { Context, Hono, MiddlewareHandler } from "hono";
import { SCOPES } from "../auth/api_key.ts";
import type { ApiKeys } from "../auth/api_keys.ts";
import type { Actor, Audit } from "../auth/audit.ts";
import { FailedAttempts } from "../auth/failed_attempts.ts";
import type { Config } from "../config.ts";
import type { Counters } from "../counters.ts";
import { type ApiKey, DEFAULT_SITE, type Scope } from "../engine.ts";
import { NotifyliError } from "../errors.ts";
import { addressKey } from "../limits/addresses.ts";
import type { ConnectionGate } from "../limits/connection_gate.ts";
import type { Bindings } from "./bindings.ts";
import { whyNotLocal } from "./local_caller.ts";

/** Characters of a path in the log. */
const MAX_PATH = 200;

export interface Caller {
  /** All it reaches is of this site. */
  readonly site: string;
  readonly scopes: readonly Scope[];
  /** Of its key; absent for a program on this machine. */
  readonly keyId?: string;
}

/** What the API's routes find in their context. */
export interface ApiEnv {
  Bindings: Bindings;
  Variables: { caller: Caller; gate: ConnectionGate };
}

export type ApiApp = Hono<ApiEnv>;
export type ApiContext = Context<ApiEnv>;

export interface CallerParts {
  readonly keys: ApiKeys;
  readonly audit: Audit;
  readonly counters: Counters;
  /** Knows who is behind a proxy. */
  readonly gate: ConnectionGate;
}

/** Finds out who calls, or refuses. */
export function identifyCaller(parts: CallerParts, config: Config): MiddlewareHandler<ApiEnv> {
  const { keys, audit, counters, gate } = parts;
  // A secret cannot be guessed in any number of tries: this is for what each try costs.
  const attempts = new FailedAttempts();
  const requiresKey = async () => config.tokens !== undefined || await keys.exist();

  return async (context, next) => {
    context.set("gate", gate);
    const text = shownKey(context);
    const key = text === undefined ? undefined : keys.checkedJustNow(text);
    context.set("caller", key === undefined ? await find(context, text) : callerWith(key));
    await next();
  };

  function find(context: ApiContext, text: string | undefined): Promise<Caller> {
    return text === undefined ? withoutKey(context) : withKey(context, text);
  }

  async function withKey(context: ApiContext, text: string): Promise<Caller> {
    const address = addressOf(context);
    // Many callers may share the address of a proxy: those whose keys are known are not held up by the others.
    if (attempts.isOver(addressKey(address)) && !keys.isKnown(text)) {
      counters.api_throttled++;
      throw new NotifyliError(
        "too_many_attempts",
        `Cannot use the API from ${address}: it showed too many wrong keys; try again in a minute`,
      );
    }
    const key = await keys.check(text);
    if (typeof key !== "string") return callerWith(key);
    attempts.note(addressKey(address));
    throw unauthorized(context, key);
  }

  async function withoutKey(context: ApiContext): Promise<Caller> {
    const { address } = context.env.peer;
    const foreign = whyNotLocal(context.req.raw, { address, host: config.host });
    // A key can be made on this machine where none can be had otherwise: `api_keys.ts` looks whether that is so.
    const mayGoOn = foreign === undefined && isAboutKeys(context);
    if (!mayGoOn && await requiresKey()) {
      throw unauthorized(context, "it needs a key, as 'Authorization: Bearer nk_…'");
    }
    if (foreign === undefined) return { site: DEFAULT_SITE, scopes: SCOPES };
    if (isAboutKeys(context)) audit.refused({ ...origin(context), reason: foreign });
    throw new NotifyliError("forbidden", foreign);
  }

  function unauthorized(context: ApiContext, reason: string): NotifyliError {
    counters.api_unauthorized++;
    if (isAboutKeys(context) || shownKey(context) !== undefined) {
      audit.refused({ ...origin(context), reason });
    }
    return new NotifyliError("unauthorized", `Cannot use the API: ${reason}`);
  }
}

function callerWith({ site, scopes, id }: ApiKey): Caller {
  return { site, scopes, keyId: id };
}

/** Refuses a caller whose key lacks the scope. */
export function requireScope(
  scope: Scope,
  { audit, counters }: CallerParts,
): MiddlewareHandler<ApiEnv> {
  return (context, next) => {
    const { scopes, keyId } = context.get("caller");
    if (!scopes.includes(scope)) {
      counters.api_forbidden++;
      const reason = `the API key ${keyId} lacks the scope '${scope}'`;
      if (scope === "manage") audit.refused({ ...origin(context), reason });
      throw new NotifyliError("forbidden", `Cannot do this: ${reason}`);
    }
    return next();
  };
}

/** Whom the audit log names. */
export function actorOf(context: ApiContext): Actor {
  const { keyId = "local", site } = context.get("caller");
  return { who: keyId, site, address: addressOf(context) };
}

/** What the audit log says was tried. Somebody may put a whole key in the place of its id. */
export function actionOf({ req: { method, path } }: ApiContext): string {
  const shown = path.replace(/(nk_[0-9A-Za-z]{12}_)[0-9A-Za-z]+/g, "$1***");
  return `${method} ${shown.slice(0, MAX_PATH)}`;
}

function isAboutKeys(context: ApiContext): boolean {
  const { path } = context.req;
  return path === "/api/keys" || path.startsWith("/api/keys/");
}

/** Of a request that is refused. A wrong key is known by its id; the rest of it is never logged. */
function origin(context: ApiContext): { who: string; action: string; address: string } {
  const [, id] = /^nk_([0-9A-Za-z]{12})_/.exec(shownKey(context) ?? "") ?? [];
  return { who: id ?? "nobody", action: actionOf(context), address: addressOf(context) };
}

/** From where the caller is, as the proxies say that are trusted; whether that is this machine, they have no say in. */
function addressOf(context: ApiContext): string {
  return context.get("gate").addressOf(context.req.raw, context.env.peer);
}

/** `X-API-Key` goes first: a proxy may have an `Authorization` of its own. */
function shownKey(context: ApiContext): string | undefined {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(context.req.header("authorization") ?? "") ?? [];
  return context.req.header("x-api-key") || bearer;
}
