/** Times as frames and answers carry them: Unix times in whole seconds. */

export function unixSeconds(): number {
  return inSeconds(Date.now());
}

/** @param milliseconds a Unix time, as the server keeps it */
export function inSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
