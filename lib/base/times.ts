/** Times as frames carry them. */

/** Unix time in whole seconds, as frames carry it. */
export function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
