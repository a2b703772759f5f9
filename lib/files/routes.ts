/** The routes of files: to upload one in one request, to list, to look at and to remove them. `downloads.ts` gives them out. */
import { invalid } from "../base/fields.ts";
import { pageSize } from "../core/command_fields.ts";
import type { Call } from "../http/call.ts";
import { pageFields } from "../http/list_page.ts";
import type { Route } from "../http/route.ts";
import type { Files } from "./files.ts";
import { boundaryIn, formFile } from "./multipart.ts";
import { ownIdOf } from "./own_id.ts";
import type { FilePlace } from "./store/listing.ts";
import type { StoredFile } from "./types.ts";
import type { WantedFile } from "./uploads.ts";
import { fileOnWire, listedOnWire } from "./wire.ts";

const FILE = "/files/:file";

export function fileRoutes(files: Files): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/files",
      scope: "files:write",
      users: true,
      async run(call) {
        const acting = call.acting({});
        const boundary = boundaryIn(call.bodyType);
        const file = boundary === undefined
          ? await files.store(acting, wantedIn(call), (signal) => call.bodyPieces(signal))
          : await storeForm(files, call, boundary);
        return { status: 201, json: fileOnWire(file, files.linkTo(file.id)) };
      },
    },
    {
      method: "GET",
      path: "/files",
      scope: "files:read",
      users: true,
      async run(call) {
        const limit = pageSize(pageFields(call));
        const after = placeIn(call.query("cursor"));
        const found = await files.list(call.acting({}), { limit: limit + 1, after });
        const shown = found.slice(0, limit);
        const last = found.length > limit ? shown.at(-1) : undefined;
        return {
          status: 200,
          json: {
            files: shown.map((file) => listedOnWire(file, files.linkTo(file.id))),
            ...(last && { next: `${last.createdAt}-${last.id}` }),
          },
        };
      },
    },
    {
      method: "GET",
      path: FILE,
      scope: "files:read",
      users: true,
      async run(call) {
        const file = await files.find(call.acting({}), call.param("file"));
        return { status: 200, json: fileOnWire(file, files.linkTo(file.id)) };
      },
    },
    {
      method: "DELETE",
      path: FILE,
      scope: "files:write",
      users: true,
      async run(call) {
        await files.remove(call.acting({}), call.param("file"));
        return { status: 204 };
      },
    },
  ];
}

function wantedIn(call: Call): WantedFile {
  return { name: call.query("name"), length: call.bodyLength, ownId: ownIdOf(call) };
}

/** Stores the file of a form. How long it is, nobody knows before its end. */
async function storeForm(files: Files, call: Call, boundary: string): Promise<StoredFile> {
  const stop = new AbortController();
  const pieces = call.bodyPieces(stop.signal);
  try {
    const form = await formFile(pieces, boundary);
    const { name = form.name, ownId } = wantedIn(call);
    return await files.store(call.acting({}), { name, ownId }, (signal) => {
      signal.addEventListener("abort", () => stop.abort(signal.reason));
      return form.bytes;
    });
  } finally {
    await pieces.return(); // where nobody has read all of it
  }
}

function placeIn(cursor: string | undefined): FilePlace | undefined {
  if (cursor === undefined) return undefined;
  const [, at, id] = /^(\d{1,16})-([\w-]{22})$/.exec(cursor) ?? [];
  if (at !== undefined && id !== undefined) return { createdAt: Number(at), id };
  throw invalid("cursor", cursor, "the 'next' of the page before");
}
