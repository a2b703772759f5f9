/**
 * Links by which whoever has one reads a file until its end. A link stays the same for a while, so that browsers keep what they
 * have got by it.
 */
import { CodedError } from "../base/errors.ts";
import type { Database } from "../engines/database/database.ts";
import { isSameSignature, signatureOf, SigningSecret } from "../engines/database/secret.ts";

interface LinkParts {
  readonly database: Database;
  now(): number;
}

interface LinkOptions {
  /** That a link lasts at the least; at most twice as long. */
  readonly seconds: number;
  /** What a proxy has before the server's paths, such as `/realtime`; empty for nothing. */
  readonly basePath: string;
}

export class Links {
  readonly #secret: SigningSecret;
  readonly #seconds: number;
  readonly #basePath: string;
  readonly #now: () => number;

  constructor({ database, now }: LinkParts, { seconds, basePath }: LinkOptions) {
    this.#secret = new SigningSecret(database, "file_secret");
    this.#now = now;
    this.#seconds = seconds;
    this.#basePath = basePath;
  }

  /** Reads what links are signed with, or makes it. Rejects where the database cannot be used. */
  load(): Promise<string> {
    return this.#secret.load();
  }

  /** The path of a link; `undefined` as long as the database was not reached, which is tried again then. */
  to(id: string): string | undefined {
    const { known } = this.#secret;
    if (known !== undefined) return this.#signed(known, id);
    this.load().catch(() => {}); // the next one that is asked for tries again
    return undefined;
  }

  /** The path of a link. Rejects where the database cannot be reached. */
  async loaded(id: string): Promise<string> {
    return this.#signed(await this.load(), id);
  }

  /**
   * When a link ends, in Unix seconds. `undefined` where it was not signed here. Throws where it has ended: whoever has it knows of
   * the file.
   */
  async endOf(id: string, signature: string): Promise<number | undefined> {
    const [, written = "", signed = ""] = /^([0-9a-z]{1,9})\.([\w-]{22})$/.exec(signature) ?? [];
    const end = parseInt(written, 36);
    if (Number.isNaN(end) || end.toString(36) !== written) return undefined;
    if (!isSameSignature(signed, linkSignature(await this.load(), id, end))) return undefined;
    if (end * 1000 > this.#now()) return end;
    throw new CodedError("forbidden", "Cannot read the file: the link has ended; ask for another");
  }

  #signed(secret: string, id: string): string {
    const window = Math.floor(this.#now() / 1000 / this.#seconds);
    const end = (window + 2) * this.#seconds;
    return `${this.#basePath}/files/${id}?signature=${end.toString(36)}.${
      linkSignature(secret, id, end)
    }`;
  }
}

function linkSignature(secret: string, id: string, end: number): string {
  return signatureOf(secret, `${id}.${end}`);
}
