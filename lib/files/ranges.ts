/** Which bytes of a file a request asks for (RFC 9110, section 14). */
import { CodedError } from "../base/errors.ts";
import type { ByteRange } from "./store/file_store.ts";

/**
 * The one range that the header asks for; `undefined` for the whole: where there is no header, where it asks for several ranges, and
 * where it is none. Throws `unsatisfiable_range` where the file has none of these bytes.
 */
export function rangeIn(header: string | null, bytes: number): ByteRange | undefined {
  const [, first = "", last = ""] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") return satisfied(Math.max(0, bytes - Number(last)), bytes, bytes);
  const end = last === "" ? bytes : Math.min(bytes, Number(last) + 1);
  if (last !== "" && Number(last) < Number(first)) return undefined;
  return satisfied(Number(first), end, bytes);
}

function satisfied(start: number, end: number, bytes: number): ByteRange {
  if (start < end) return { start, end };
  throw new CodedError("unsatisfiable_range", `The file has ${bytes} bytes, and none of these`);
}
