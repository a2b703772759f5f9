/**
 * Passes, by which the user of a connection calls the HTTP API for some minutes. Who is known by credentials or a cookie has no
 * token to show there, and a cookie never counts there. `commands.ts` gives them, `http/user_callers.ts` takes them.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { CodedError } from "../base/errors.ts";
import { randomBase64Url } from "../base/ids.ts";
import { type Database, row, rows } from "../engines/database/database.ts";
import type { Identity } from "../core/identity.ts";

/** How long a pass counts; a session that ends sooner ends its passes. */
const LASTS_MS = 10 * 60_000;

/** 256 random bits. */
const SECRET_BYTES = 32;

const FORM = /^np_([\w-]{1,4096})\.([\w-]{43})$/;

/** What a pass says: who somebody is, and by what that may be revoked. Rooms and topics are not entered by calls. */
type Said = Pick<Identity, "site" | "user" | "name" | "session" | "tokenId" | "issuedAt"> & {
  /** Unix milliseconds. */
  readonly end: number;
};

export interface Pass {
  readonly text: string;
  /** Unix milliseconds. */
  readonly end: number;
}

export class Passes {
  readonly #database: Database;
  #secret: string | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Whether a text is meant as a pass. */
  static isOne(text: string): boolean {
    return text.startsWith("np_");
  }

  /** Makes a pass. Rejects where the database cannot be used. */
  async give({ site, user, name, session, tokenId, issuedAt, expiresAt }: Identity): Promise<Pass> {
    const end = Math.min(Date.now() + LASTS_MS, expiresAt ?? Infinity);
    const said: Said = { site, user, name, session, tokenId, issuedAt, end };
    const body = new TextEncoder().encode(JSON.stringify(said)).toBase64({
      ...{ alphabet: "base64url", omitPadding: true },
    });
    return {
      text: `np_${body}.${signatureOf(await this.#load(), body).toString("base64url")}`,
      end,
    };
  }

  /** Whose a pass is. Rejects with a `CodedError` where it is none, or none any more. */
  async identify(text: string): Promise<Identity> {
    const [, body = "", signature = ""] = FORM.exec(text) ?? [];
    const given = Uint8Array.fromBase64(signature, { alphabet: "base64url" });
    const signed = signatureOf(await this.#load(), body);
    if (given.length !== signed.length || !timingSafeEqual(given, signed)) {
      throw new CodedError("invalid_token", "Cannot take the pass: it was not made here");
    }
    const bytes = Uint8Array.fromBase64(body, { alphabet: "base64url" });
    const { end, ...who }: Said = JSON.parse(new TextDecoder().decode(bytes));
    if (end > Date.now()) return { ...who, expiresAt: end, rooms: [] };
    throw new CodedError("expired_token", "The pass has ended: ask for another");
  }

  async #load(): Promise<string> {
    return this.#secret ??= await this.#database.transaction(function* () {
      yield* rows(
        "INSERT INTO auth_secret (id, secret) VALUES (1, $1) ON CONFLICT (id) DO NOTHING",
        randomBase64Url(SECRET_BYTES),
      );
      const kept = yield* row("SELECT secret FROM auth_secret WHERE id = 1");
      return String(kept?.["secret"]);
    });
  }
}

function signatureOf(secret: string, body: string) {
  return createHmac("sha256", secret).update(body).digest();
}
