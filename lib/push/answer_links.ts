/**
 * The addresses by which a device answers to what was pushed to it, without signing in. Each is of one notification at one device,
 * and ends with the push.
 */
import { CodedError } from "../base/errors.ts";
import type { Database } from "../engines/database/database.ts";
import { isSameSignature, signatureOf, SigningSecret } from "../engines/database/secret.ts";
import type { SendKey } from "./store.ts";

export class AnswerLinks {
  readonly #secret: SigningSecret;
  readonly #base: string;

  /** @param base what stands before the path: the server's URL, or nothing */
  constructor(database: Database, base: string) {
    this.#secret = new SigningSecret(database, "push_answer_secret");
    this.#base = base;
  }

  /** @param expiresAt Unix milliseconds */
  async urlOf(
    { site, user, id, device }: SendKey,
    expiresAt: number,
  ): Promise<string> {
    const parts = JSON.stringify([site, user, id, device, Math.ceil(expiresAt / 1000)]);
    const text = new TextEncoder().encode(parts)
      .toBase64({ alphabet: "base64url", omitPadding: true });
    return `${this.#base}/push/${text}.${signatureOf(await this.#secret.load(), text)}`;
  }

  /** Stands for a group where nothing is said of it: nobody who does not have the secret finds out for which. */
  async groupName(site: string, group: string): Promise<string> {
    return signatureOf(await this.#secret.load(), JSON.stringify(["group", site, group]));
  }

  /** What an address is of. Rejects with `not_found` where it was not made here, or has ended. @param now Unix milliseconds */
  async read(token: string, now: number): Promise<SendKey> {
    const [, text = "", signature = ""] = /^([\w-]+)\.([\w-]{22})$/.exec(token) ?? [];
    if (text !== "" && isSameSignature(signature, signatureOf(await this.#secret.load(), text))) {
      const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
      const [site, user, id, device, end]: unknown[] = JSON.parse(new TextDecoder().decode(bytes));
      if (Number(end) * 1000 > now) {
        return { site: String(site), user: String(user), id: String(id), device: String(device) };
      }
    }
    throw new CodedError("not_found", "This address has ended, or was not made here");
  }
}
