/** Tells browsers what a file is called, and whether they show it or save it (RFC 6266, RFC 8187). */

/** Characters of a name that stand for themselves in both forms of the header. */
const PLAIN = /^[\w .!#$&+^`|~()@=,;[\]{}-]*$/;

/** @param isInline whether browsers may show it */
export function dispositionOf(name: string, isInline: boolean): string {
  const kind = isInline ? "inline" : "attachment";
  if (PLAIN.test(name)) return `${kind}; filename="${name}"`;
  // Older programs read the first name; no percent sign is in it, since some would decode it.
  const ascii = name.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^ -~]|["\\%]/gu, "_");
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded(name)}`;
}

/** Percent-encoded, but for what RFC 8187 calls `attr-char`. */
function encoded(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
