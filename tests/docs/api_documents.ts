/**
 * Writes the descriptions of the API in `docs/` as a server without settings shows them: `deno task openapi`. The test beside
 * it says when they are stale.
 */
import { apiCalls } from "./api_calls.ts";
import { startHere } from "../support/server_here.ts";
import { ROOT } from "../support/paths.ts";

/** The descriptions, by the paths at which they are shown and by their files. */
export const DOCUMENTS = {
  "/openapi.json": `${ROOT}docs/openapi.json`,
  "/asyncapi.json": `${ROOT}docs/asyncapi.json`,
} as const;

/** Each description as a server shows it, by its file. */
export async function shownDocuments(): Promise<Map<string, string>> {
  await using server = await startHere();
  const shown = new Map<string, string>();
  for (const [path, file] of Object.entries(DOCUMENTS)) {
    const response = await fetch(`${server.url}${path}`);
    shown.set(file, `${await response.text()}\n`);
  }
  const openapi = shown.get(DOCUMENTS["/openapi.json"]) ?? "{}";
  shown.set(`${ROOT}lib/api/calls.ts`, apiCalls(JSON.parse(openapi)));
  return shown;
}

if (import.meta.main) {
  for (const [file, text] of await shownDocuments()) await Deno.writeTextFile(file, text);
}
