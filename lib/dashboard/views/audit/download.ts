/** Downloads the audit log as lines of JSON, page by page. */
import type { AuditRecord, Page } from "../../api/shapes.ts";

/** Most records of one file. */
const MOST = 100_000;

/** Resolves with how many records there are. */
export async function download(
  read: (before: string | undefined) => Promise<Page<"records", AuditRecord>>,
): Promise<number> {
  const lines: string[] = [];
  let before: string | undefined;
  do {
    const { records, next } = await read(before);
    for (const record of records) lines.push(`${JSON.stringify(record)}\n`);
    before = records.length === 0 ? undefined : next;
  } while (before !== undefined && lines.length < MOST);
  const url = URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `notifyli-audit-${new Date().toISOString().slice(0, 10)}.jsonl`;
  link.click();
  URL.revokeObjectURL(url);
  return lines.length;
}
