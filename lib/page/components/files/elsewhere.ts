/** Files that an application keeps on a site of its own. The page loads nothing from there by itself, so that nobody learns who looks. */
import type { AttachedFile } from "../../../sdk/mod.ts";

export interface Elsewhere {
  readonly href: string;
  readonly name: string;
  readonly host: string;
}

/** Where the file is; `undefined` where the server has it. */
export function elsewhereOf({ id }: AttachedFile): Elsewhere | undefined {
  if (!/^(https?:\/)?\//.test(id) || !URL.canParse(id, location.href)) return undefined;
  const { href, host, pathname } = new URL(id, location.href);
  return { href, host, name: lastPart(pathname) || host };
}

function lastPart(path: string): string {
  const last = path.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last);
  } catch {
    return last; // it was not encoded
  }
}
