/** From where the browser gets a picture: a large one in the size that it is shown in. */
import type { AttachedFile } from "../../../sdk/mod.ts";
import type { FileLinks } from "../../session/file_links.ts";

/** The widths in which the server has pictures, beside that which they have. */
const WIDTHS = [320, 640, 1280];

/** A picture that is not wider is shown as it is. */
const NARROW = 640;

export interface Sources {
  readonly src?: string;
  readonly srcset?: string;
  readonly sizes?: string;
}

/** @param shown how wide the picture is on the page */
export function sourcesOf(
  links: FileLinks | undefined,
  file: AttachedFile,
  shown: number,
): Sources {
  if (links === undefined) return {};
  const src = links.url(file, { thumbnail: NARROW });
  const { width = 0 } = file;
  if (width <= NARROW) return { src: links.url(file) };
  const smaller = WIDTHS.filter((each) => each < width);
  const set = smaller.map((each) => `${links.url(file, { thumbnail: each })} ${each}w`);
  return { src, srcset: set.join(", "), sizes: `${shown}px` };
}
