/** Which addresses the page opens: those that cannot run anything in it. */

/** Longer ones are none. */
const LONGEST = 2_000;

const OPENED = new Set(["http:", "https:", "mailto:", "tel:"]);

/** What a link needs beside its text. Another page never learns where it was opened from, and gets no hold on this one. */
export interface LinkFields {
  readonly href: string;
  readonly target?: "_blank";
  readonly rel?: string;
}

/** Returns what opens an address, or a path on this server; `undefined` where it is none that may be opened. */
export function linkTo(address: string | undefined): LinkFields | undefined {
  if (address === undefined || address.length > LONGEST || /[\s\p{Cc}]/u.test(address)) return;
  const elsewhere = { target: "_blank", rel: "noopener noreferrer nofollow" } as const;
  // Two slashes, or one of each kind, would lead to another server.
  if (/^\/(?![/\\])/.test(address)) return { href: address, ...elsewhere };
  const url = URL.parse(address);
  if (url === null || !OPENED.has(url.protocol)) return undefined;
  const isPage = url.protocol.startsWith("http");
  if (isPage && !/^https?:\/\//i.test(address)) return undefined;
  return isPage ? { href: address, ...elsewhere } : { href: address };
}
