/** Addresses in pushes, for programs that have no page of ours to which a path could lead. */
import type { Push } from "../types.ts";

/** An address as it is, and a path on the server that answers; `undefined` where nobody knows which server that is. */
export function absoluteUrl(
  url: string | undefined,
  { answerUrl }: Pick<Push, "answerUrl">,
): string | undefined {
  if (url === undefined || !url.startsWith("/")) return url;
  return answerUrl === undefined ? undefined : new URL(url, answerUrl).href;
}

/** The same for an image, which is fetched. */
export function imageUrl(
  url: string | undefined,
  push: Pick<Push, "answerUrl">,
): string | undefined {
  const absolute = absoluteUrl(url, push);
  return absolute !== undefined && /^https?:/i.test(absolute) ? absolute : undefined;
}
