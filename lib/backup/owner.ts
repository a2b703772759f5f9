/** Gives what root has made to the user that the server runs as. */

/** Gives a path the owner of another one, where this user may. */
export function chownLike(path: string, other: string): void {
  try {
    const [{ uid, gid }, { uid: own }] = [Deno.statSync(other), Deno.statSync(path)];
    if (uid !== null && gid !== null && uid !== own) Deno.chownSync(path, uid, gid);
  } catch {
    // Only root gives things to others; anybody else runs as the server does.
  }
}
