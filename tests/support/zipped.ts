/** How large a bundle in `static/` is over the wire, by `gzip -9`. */
import { ROOT } from "./paths.ts";

export async function zippedLength(name: string): Promise<number> {
  const gzip = new Deno.Command("gzip", { args: ["-9c", `${ROOT}static/${name}`] });
  return (await gzip.output()).stdout.length;
}
