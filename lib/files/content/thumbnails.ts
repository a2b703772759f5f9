/** Makes small images of large ones. */
import type { ThumbnailWidth } from "../types.ts";

export interface Thumbnail {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class Thumbnails implements AsyncDisposable {
  static open(): Promise<Thumbnails | undefined> {
    return Promise.resolve(undefined);
  }

  make(_image: Uint8Array, _width: ThumbnailWidth): Promise<Thumbnail | undefined> {
    return Promise.resolve(undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
