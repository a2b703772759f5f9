/** The routes of files: to upload one in one request, to list, to look at and to remove them. `downloads.ts` gives them out. */
import { CodedError } from "../base/errors.ts";
import { invalid } from "../base/fields.ts";
import { pageSize } from "../core/command_fields.ts";
import type { Call } from "../http/call.ts";
import { pageFields } from "../http/list_page.ts";
import type { Route } from "../http/route.ts";
import type { Files } from "./files.ts";
import type { FilePlace } from "./store/listing.ts";
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
        const file = await files.store(
          call.acting({}),
          { name: call.query("name"), length: call.bodyLength, ownId: ownIdOf(call) },
          (signal) => call.bodyPieces(signal),
        );
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

/** The id that the caller made for the file. */
function ownIdOf({ callersId: id }: Call): string | undefined {
  if (id === undefined || /^[\x21-\x7e]{1,128}$/.test(id)) return id;
  throw new CodedError(
    "invalid_field",
    "Cannot take header 'Idempotency-Key': allowed is 1 to 128 printable ASCII characters",
  );
}

function placeIn(cursor: string | undefined): FilePlace | undefined {
  if (cursor === undefined) return undefined;
  const [, at, id] = /^(\d{1,16})-([\w-]{22})$/.exec(cursor) ?? [];
  if (at !== undefined && id !== undefined) return { createdAt: Number(at), id };
  throw invalid("cursor", cursor, "the 'next' of the page before");
}
