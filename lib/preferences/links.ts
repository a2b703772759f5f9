/**
 * Links by which whoever has one ends a way by which one kind of notifications comes, or one topic, without signing in: they are in
 * mails. They have no end, since mails have none.
 */
import { CodedError } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import { isKind } from "../base/kind_field.ts";
import type { Database } from "../engines/database/database.ts";
import { isSameSignature, signatureOf, SigningSecret } from "../engines/database/secret.ts";
import { EVERY_KIND, type Way, WAYS } from "./types.ts";

/** What a link ends. */
export interface Unsubscription {
  readonly site: string;
  readonly user: UserId;
  readonly of: { readonly kind: string } | { readonly topic: string };
  readonly way: Way;
}

export class UnsubscribeLinks {
  readonly #secret: SigningSecret;
  readonly #basePath: string;

  /** @param basePath what a proxy has before the server's paths, such as `/realtime`; empty for nothing */
  constructor(database: Database, basePath: string) {
    this.#secret = new SigningSecret(database, "preference_secret");
    this.#basePath = basePath;
  }

  /**
   * The path of a link, or its whole URL. Rejects where the database cannot be reached.
   *
   * @param base where browsers find this server, with what a proxy has before its paths
   */
  async unsubscribeUrl(asked: Unsubscription, base = this.#basePath): Promise<string> {
    const text = written(asked);
    const signature = signatureOf(await this.#secret.load(), text);
    return `${base}/unsubscribe?token=${text}.${signature}`;
  }

  /** What a link ends. Rejects with `not_found` where it was not made here. */
  async read(token: string): Promise<Unsubscription> {
    const [, text = "", signature = ""] = /^([\w-]+)\.([\w-]{22})$/.exec(token) ?? [];
    if (text !== "" && isSameSignature(signature, signatureOf(await this.#secret.load(), text))) {
      const asked = parsed(text);
      if (asked !== undefined) return asked;
    }
    throw new CodedError("not_found", "This link is not whole, or was not made here");
  }
}

function written({ site, user, of, way }: Unsubscription): string {
  const parts = "kind" in of ? ["kind", of.kind] : ["topic", of.topic];
  const bytes = new TextEncoder().encode(JSON.stringify([site, user, ...parts, way]));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function parsed(text: string): Unsubscription | undefined {
  const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
  const [site, user, noun, name, way]: unknown[] = JSON.parse(new TextDecoder().decode(bytes));
  const known = WAYS.find((each) => each === way);
  const isNamed = noun === "topic" || noun === "kind" && (isKind(name) || name === EVERY_KIND);
  if (known === undefined || !isNamed) return undefined; // a later version has made it
  const of = noun === "kind" ? { kind: String(name) } : { topic: String(name) };
  return { site: String(site), user: String(user), of, way: known };
}
