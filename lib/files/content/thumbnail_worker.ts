/**
 * Makes thumbnails in a thread of its own, one after the other. It alone loads `sharp`, whose native code needs a right that
 * servers may not have (`--allow-ffi`); without it, it says so and does nothing more.
 */

import type Sharp from "sharp";

export interface ThumbnailWish {
  readonly image: Uint8Array;
  readonly width: number;
  /** Most pixels of the image. */
  readonly pixels: number;
  /** After these, the work is given up. */
  readonly seconds: number;
}

export type ThumbnailAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "absent"; readonly reason: string }
  /** Without bytes: it is no image, or one that cannot be read, or that takes too long. */
  | { readonly kind: "made"; readonly bytes?: Uint8Array<ArrayBuffer> };

/** Not written out where it is imported: executables, which could not run its native code, go without it. */
const PACKAGE: string = "sharp";

/** What reads images that browsers show. All else that libvips reads, such as SVG, stays shut. */
const READERS = ["Jpeg", "Png", "Webp", "Nsgif", "Heif", "Tiff"].map((each) =>
  `VipsForeignLoad${each}`
);

/** The thread's own end. Its types are not those of the program, and whoever takes them has them everywhere. */
const thread = globalThis as unknown as {
  readonly name: string;
  onmessage: (event: MessageEvent<ThumbnailWish>) => void;
  postMessage(answer: ThumbnailAnswer): void;
};

try {
  const { default: sharp } = await import(PACKAGE);
  sharp.cache(false);
  sharp.concurrency(1);
  if (thread.name === "first") { // for all threads, so never while another one reads
    sharp.block({ operation: ["VipsForeignLoad"] });
    sharp.unblock({ operation: READERS });
  }
  thread.onmessage = async ({ data }) => {
    thread.postMessage({ kind: "made", bytes: await made(sharp, data).catch(() => undefined) });
  };
  thread.postMessage({ kind: "ready" });
} catch (error) {
  const [reason = ""] = (error instanceof Error ? error.message : `${error}`).split("\nPossible");
  thread.postMessage({ kind: "absent", reason: reason.replaceAll(/\s+/g, " ").trim() });
}

async function made(
  sharp: typeof Sharp,
  { image, width, pixels, seconds }: ThumbnailWish,
): Promise<Uint8Array<ArrayBuffer>> {
  const made = await sharp(image, { limitInputPixels: pixels, failOn: "error" })
    .timeout({ seconds })
    .autoOrient()
    .resize({ width, withoutEnlargement: true })
    .webp({ effort: 2 })
    .toBuffer();
  return Uint8Array.from(made);
}
