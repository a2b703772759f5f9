/** What is known of files and of uploads, which are files that are still coming. */
import type { UserId } from "../base/fields.ts";

/** What everybody may know of a file who may read it. All of it stays as it is once the file is there. */
export interface FileFacts {
  /** 22 characters of `A-Z a-z 0-9 _ -`, which nobody guesses. */
  readonly id: string;
  /** As the uploader calls it: well-formed, without path, control characters or what turns the direction of text. */
  readonly name: string;
  /** The media type that the bytes have, such as "image/png"; "application/octet-stream" where that is not known. */
  readonly type: string;
  readonly bytes: number;
  /** Hexadecimal, of the bytes as they are given out. */
  readonly sha256: string;
  /** Pixels as the image is shown, so after the turn that its Exif data asks for. Images alone have them. */
  readonly width?: number;
  readonly height?: number;
}

/** A file that is there. */
export interface StoredFile extends FileFacts {
  readonly site: string;
  /** `undefined` where an application uploaded it as itself. */
  readonly owner: UserId | undefined;
  /** Unix milliseconds. */
  readonly createdAt: number;
}

/** A file that is still coming. */
export interface Upload {
  readonly id: string;
  readonly site: string;
  readonly owner: UserId | undefined;
  readonly name: string;
  /** Bytes in all; `undefined` where the uploader has not said so. */
  readonly length: number | undefined;
  /** Bytes that are safe: the uploader goes on from here. */
  readonly offset: number;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Unix milliseconds at which it is thrown away unless somebody goes on with it. */
  readonly expiresAt: number;
  /** What the client said of it, as tus has that; `undefined` where it said nothing. */
  readonly metadata: string | undefined;
}

/** Where a file stands: a message or a notification has it. The capability that has it names the kind. */
export interface FileUse {
  readonly kind: string;
  /** Which one: a message's id, for instance. */
  readonly ref: string;
  readonly site: string;
  /** The only user who reads it by this use; `undefined` where the kind says who does. */
  readonly user?: UserId;
  /** Unix milliseconds after which the use counts no more. */
  readonly until?: number;
}

/** The widths in pixels of thumbnails; a wish between two of them gets the wider one. */
export const THUMBNAIL_WIDTHS = [160, 320, 640, 1280] as const;

export type ThumbnailWidth = typeof THUMBNAIL_WIDTHS[number];
