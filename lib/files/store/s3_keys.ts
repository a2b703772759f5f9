/** Where in the bucket what is: `files/<id>`, `thumbnails/<id>/<width>`, and in `uploads/<id>/` the pieces of what is coming. */
import type { S3Config } from "../settings.ts";
import type { Place } from "./file_store.ts";
import { S3Failure } from "./s3_failure.ts";

/** As many pieces as S3 joins: 78 GiB. */
const MOST_PIECES = 10_000;

export class S3Keys {
  readonly #config: S3Config;

  constructor(config: S3Config) {
    this.#config = config;
  }

  of(id: string, place: Exclude<Place, "upload">): string {
    const { prefix } = this.#config;
    return place === "file"
      ? `${prefix}files/${nameOf(id)}`
      : `${prefix}thumbnails/${nameOf(id)}/${place}`;
  }

  /** What the keys of all that is of an upload begin with. */
  folder(id: string): string {
    return `${this.#config.prefix}uploads/${nameOf(id)}/`;
  }

  /** @param index from 0 */
  piece(id: string, index: number): string {
    if (index < MOST_PIECES) return `${this.folder(id)}${`${index}`.padStart(5, "0")}`;
    throw new S3Failure("a bucket takes files of 78 GiB at the most", 507, "");
  }

  /** An object, as the header of a copy names it. */
  source(key: string): string {
    return [this.#config.bucket, ...key.split("/")].map((part) => `/${encodeURIComponent(part)}`)
      .join("");
  }
}

/** No id leads to what others have, whoever has checked it before. */
function nameOf(id: string): string {
  if (/^[\w-]{8,64}$/.test(id)) return id;
  throw new TypeError(`Cannot use ${JSON.stringify(id)} as the id of a file`);
}
