/**
 * Sessions of the dashboard: a browser that has shown an API key with the scope `manage` holds a secret in a cookie, and is
 * that key's holder until the session ends or the key is revoked. Next: `mount.ts`.
 */
import { createHash } from "node:crypto";
import type { ApiKeys } from "../../auth/keys/api_keys.ts";
import { randomBase64Url } from "../../base/ids.ts";
import type { SessionStore, StoredSession } from "./store.ts";

/** How long a session lasts. */
export const SESSION_SECONDS = 12 * 60 * 60;

/** 256 random bits. */
const SECRET_BYTES = 32;

const SECRET = /^[\w-]{43}$/;

type ApiKey = Exclude<Awaited<ReturnType<ApiKeys["current"]>>, string>;

/** A session that counts now. */
export interface Session extends StoredSession {
  readonly key: ApiKey;
}

export class Sessions {
  readonly #store: SessionStore;
  readonly #keys: Pick<ApiKeys, "current">;

  constructor(store: SessionStore, keys: Pick<ApiKeys, "current">) {
    this.#store = store;
    this.#keys = keys;
  }

  /** Begins a session of a key's holder, and resolves with the secret that the browser is to hold. */
  async begin(
    key: { id: string; expiresAt?: number },
  ): Promise<{ secret: string; endsAt: number }> {
    const secret = randomBase64Url(SECRET_BYTES);
    const endsAt = Math.min(Date.now() + SESSION_SECONDS * 1000, key.expiresAt ?? Infinity);
    await this.#store.add(hashOf(secret), { keyId: key.id, endsAt });
    return { secret, endsAt };
  }

  /** The session of a browser, or why there is none. */
  async find(secret: string): Promise<Session | string> {
    const stored = SECRET.test(secret) ? await this.#store.find(hashOf(secret)) : undefined;
    if (stored === undefined) return "the session has ended: sign in again";
    const key = await this.#keys.current(stored.keyId);
    return typeof key === "string" ? key : { ...stored, key };
  }

  async end(secret: string): Promise<void> {
    if (SECRET.test(secret)) await this.#store.remove(hashOf(secret));
  }
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
