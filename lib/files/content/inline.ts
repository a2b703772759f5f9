/** Which media types a browser may show where it is: those that cannot run anything. All others it only saves. */

/** Pictures of pixels alone. SVG is none of them: it has scripts. */
const IMAGES: ReadonlySet<string> = new Set([
  "image/apng",
  "image/avif",
  "image/bmp",
  "image/gif",
  "image/heic",
  "image/heif",
  "image/jpeg",
  "image/jxl",
  "image/png",
  "image/webp",
]);

export function isInline(type: string): boolean {
  return IMAGES.has(type) || /^(audio|video)\/[a-z0-9.+-]+$/.test(type);
}
