/**
 * An object that comes in parts, since it is too large to be in memory, or is made of others. Its parts are all of one length but
 * the last, which Cloudflare R2 asks for. A note beside the upload says that there is one, since parts cost until they are joined
 * or thrown away, and no listing shows them.
 */
import type { S3Client } from "./s3_client.ts";
import { S3Failure } from "./s3_failure.ts";
import { escaped, textOf } from "./s3_xml.ts";

export class S3Multipart {
  readonly #client: S3Client;
  readonly #key: string;
  readonly #note: string;
  readonly #uploadId: string;
  readonly #tags = new Map<number, string>();

  private constructor(client: S3Client, key: string, note: string, uploadId: string) {
    this.#client = client;
    this.#key = key;
    this.#note = note;
    this.#uploadId = uploadId;
  }

  /** @param note the key of the note; what another one says, of an attempt that a crash ended, is thrown away */
  static async begin(client: S3Client, key: string, note: string): Promise<S3Multipart> {
    await S3Multipart.abandon(client, note);
    const { xml } = await client.send({ method: "POST", key, query: { uploads: "" } });
    const parts = new S3Multipart(client, key, note, textOf(xml, "UploadId"));
    const body = new TextEncoder().encode(JSON.stringify([key, parts.#uploadId]));
    await client.send({ method: "PUT", key: note, body });
    return parts;
  }

  /** Throws away the parts of which there is a note. */
  static async abandon(client: S3Client, note: string): Promise<void> {
    const body = await client.open(note, 0, 4096);
    if (body === undefined) return;
    const [key, uploadId] = await new Response(body).json();
    await new S3Multipart(client, key, note, uploadId).abort();
  }

  /** @param number from 1 */
  async put(number: number, body: Uint8Array<ArrayBuffer>): Promise<void> {
    const { headers } = await this.#part(number, { body });
    this.#tags.set(number, headers.get("etag") ?? "");
  }

  /** @param source the key of an object that becomes this part */
  async copy(number: number, source: string): Promise<void> {
    const { xml } = await this.#part(number, { headers: { "x-amz-copy-source": source } });
    this.#tags.set(number, textOf(xml, "ETag"));
  }

  async #part(
    number: number,
    sent: { body?: Uint8Array<ArrayBuffer>; headers?: Record<string, string> },
  ) {
    const query = { partNumber: `${number}`, uploadId: this.#uploadId };
    return await this.#client.send({ method: "PUT", key: this.#key, query, ...sent });
  }

  /** Joins the parts: the object is there from then on. */
  async complete(): Promise<void> {
    const parts = [...this.#tags].sort(([one], [other]) => one - other).map(([number, tag]) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`
    );
    const xmlns = "http://s3.amazonaws.com/doc/2006-03-01/";
    const xml = `<CompleteMultipartUpload xmlns="${xmlns}">${
      parts.join("")
    }</CompleteMultipartUpload>`;
    try {
      await this.#client.send({
        method: "POST",
        key: this.#key,
        query: { uploadId: this.#uploadId },
        headers: { "content-type": "application/xml" },
        body: new TextEncoder().encode(xml),
      });
    } catch (error) {
      // The answer to the first attempt was lost, and the second one finds nothing to join.
      if (!(error instanceof S3Failure && error.code === "NoSuchUpload")) throw error;
      await this.#client.send({ method: "HEAD", key: this.#key });
    }
    await this.#client.send({ method: "DELETE", key: this.#note });
  }

  async abort(): Promise<void> {
    try {
      const query = { uploadId: this.#uploadId };
      await this.#client.send({ method: "DELETE", key: this.#key, query });
    } catch (error) {
      // What the store does not know, or cannot throw away, it never will.
      if (!(error instanceof S3Failure) || error.isTemporary) throw error;
    }
    await this.#client.send({ method: "DELETE", key: this.#note });
  }
}
