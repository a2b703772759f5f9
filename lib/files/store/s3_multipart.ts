/**
 * An object that comes in parts, since it is too large to be in memory, or is made of others. Its parts are all of one length but
 * the last, which Cloudflare R2 asks for. They cost until they are joined or thrown away, and no listing of objects shows them: what a
 * crash has left is asked for by the object's key.
 */
import type { S3Client } from "./s3_client.ts";
import { S3Failure } from "./s3_failure.ts";
import { elementsOf, escaped, textOf } from "./s3_xml.ts";

/** More than any crashes leave of one object. */
const MOST_LISTED = 1000;

export class S3Multipart {
  readonly #client: S3Client;
  readonly #key: string;
  readonly #uploadId: string;
  readonly #tags = new Map<number, string>();

  private constructor(client: S3Client, key: string, uploadId: string) {
    this.#client = client;
    this.#key = key;
    this.#uploadId = uploadId;
  }

  /** Begins one; the parts of an attempt that a crash ended are thrown away. */
  static async begin(client: S3Client, key: string): Promise<S3Multipart> {
    await S3Multipart.abandon(client, key);
    const { xml } = await client.send({ method: "POST", key, query: { uploads: "" } });
    return new S3Multipart(client, key, textOf(xml, "UploadId"));
  }

  /** Throws away all parts that there are of an object which is not there. */
  static async abandon(client: S3Client, key: string): Promise<void> {
    for (const uploadId of await S3Multipart.list(client, key, MOST_LISTED)) {
      await new S3Multipart(client, key, uploadId).abort();
    }
  }

  /** The uploads in parts of an object; none where the store cannot say so. */
  static async list(client: S3Client, key: string, most: number): Promise<string[]> {
    const query = { uploads: "", prefix: key, "max-uploads": `${most}` };
    try {
      const { xml } = await client.send({ method: "GET", key: "", query });
      return elementsOf(xml, "Upload").filter((each) => nameOf(textOf(each, "Key")) === nameOf(key))
        .map((each) => textOf(each, "UploadId"));
    } catch (error) {
      if (error instanceof S3Failure && error.isUnknown) return [];
      throw error;
    }
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
  }

  async abort(): Promise<void> {
    try {
      const query = { uploadId: this.#uploadId };
      await this.#client.send({ method: "DELETE", key: this.#key, query });
    } catch (error) {
      // What the store does not know, or cannot throw away, it never will.
      if (!(error instanceof S3Failure) || error.isTemporary) throw error;
    }
  }
}

/** Stores differ in how they write what stands before it. */
function nameOf(key: string): string {
  return key.replace(/^.*\//s, "");
}
