/** A secret that all nodes share, by which links are signed: it is made once, and kept in a table of one row. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { randomBase64Url } from "../../base/ids.ts";
import { type Database, row, rows } from "./database.ts";

/** 256 random bits. */
const SECRET_BYTES = 32;

/** 128 bits of a signature are shown: nobody guesses them. */
const SIGNATURE_BYTES = 16;

export class SigningSecret {
  readonly #database: Database;
  readonly #table: string;
  #secret: string | undefined;

  /** @param table has the columns `id` and `secret` */
  constructor(database: Database, table: string) {
    this.#database = database;
    this.#table = table;
  }

  /** The secret, where it was read before. */
  get known(): string | undefined {
    return this.#secret;
  }

  /** Reads the secret, or makes it. Rejects where the database cannot be used. */
  async load(): Promise<string> {
    const table = this.#table;
    return this.#secret ??= await this.#database.transaction(function* () {
      yield* rows(
        `INSERT INTO ${table} (id, secret) VALUES (1, $1) ON CONFLICT (id) DO NOTHING`,
        randomBase64Url(SECRET_BYTES),
      );
      const kept = yield* row(`SELECT secret FROM ${table} WHERE id = 1`);
      return String(kept?.["secret"]);
    });
  }
}

/** A signature of 22 characters. */
export function signatureOf(secret: string, text: string): string {
  const hash = createHmac("sha256", secret).update(text).digest();
  return hash.subarray(0, SIGNATURE_BYTES).toString("base64url");
}

/** Compares signatures in a time that says nothing of where they differ. */
export function isSameSignature(one: string, other: string): boolean {
  const [first, second] = [one, other].map((each) => new TextEncoder().encode(each));
  return first!.length === second!.length && timingSafeEqual(first!, second!);
}
