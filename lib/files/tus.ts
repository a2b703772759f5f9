/**
 * Uploads that go on where they broke off, as tus 1.0 has it: core, creation and termination. An upload has the id that its file will
 * have, and is the file as soon as its last byte is there.
 */
import { CodedError } from "../base/errors.ts";
import { type Fields, invalid, requiredText } from "../base/fields.ts";
import { inSeconds } from "../base/times.ts";
import { wholeNumber } from "../core/command_fields.ts";
import type { Acting } from "../http/acting.ts";
import type { Call } from "../http/call.ts";
import type { HttpAnswer, Route } from "../http/route.ts";
import type { Files } from "./files.ts";
import { ownIdOf } from "./own_id.ts";
import { metadataIn, saidIn } from "./tus_metadata.ts";
import type { StoredFile, Upload } from "./types.ts";

const VERSION = "1.0.0";
const EXTENSIONS = "creation,termination";
const BODY_TYPE = "application/offset+octet-stream";

const UPLOADS = "/uploads";
const UPLOAD = "/uploads/:upload";

/** What pages of other sites send and read. */
const browsers = {
  sent: [
    ...["tus-resumable", "upload-length", "upload-metadata", "upload-offset", "x-request-id"],
    "x-http-method-override",
  ],
  read: [
    ...["Location", "Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size"],
    ...["Upload-Length", "Upload-Metadata", "Upload-Offset"],
  ],
};

const FOR_USERS = { users: true, browsers } as const;

/** @param maxBytes of one file */
export function tusRoutes(files: Files, maxBytes: number): readonly Route[] {
  const options = {
    ...{ "Tus-Resumable": VERSION, "Tus-Version": VERSION, "Tus-Extension": EXTENSIONS },
    ...(Number.isFinite(maxBytes) && { "Tus-Max-Size": String(maxBytes) }),
  };
  return [
    {
      ...{ method: "POST", path: UPLOADS, scope: "files:write", ...FOR_USERS, options },
      async run(call) {
        requireVersion(call);
        const acting = call.acting({});
        const metadata = metadataIn(call.header("upload-metadata"));
        const { name, type } = saidIn(metadata);
        const wanted = { name, length: lengthIn(call), ownId: ownIdOf(call), metadata };
        const upload = await finished(acting, await files.begin(acting, wanted));
        const headers = { "Location": locationOf(call, upload.id), ...headersOf(upload) };
        const direct = directBytes(upload, type);
        return { status: 201, json: { ...onWire(upload), direct }, headers };
      },
    },
    {
      ...{ method: "GET", path: UPLOAD, scope: "files:write", ...FOR_USERS, options },
      async run(call) {
        requireVersion(call);
        const acting = call.acting({});
        const upload = await finished(acting, await files.upload(acting, call.param("upload")));
        const { metadata } = upload;
        const headers = {
          ...headersOf(upload),
          ...(metadata !== undefined && { "Upload-Metadata": metadata }),
          "Cache-Control": "no-store",
        };
        return { status: 200, json: onWire(upload), headers };
      },
    },
    { ...{ method: "PATCH", path: UPLOAD, scope: "files:write", ...FOR_USERS }, run: goOn },
    { ...{ method: "DELETE", path: UPLOAD, scope: "files:write", ...FOR_USERS }, run: end },
    {
      ...{ method: "POST", path: `${UPLOAD}/link`, scope: "files:write", users: true },
      async run(call) {
        const fields = await call.fields();
        const wanted = { offset: offsetIn(fields), sha256: sha256In(fields) };
        const link = await files.link(call.acting(fields), call.param("upload"), wanted);
        const { offset, bytes, request, expiresAt } = link;
        return {
          status: 201,
          json: { offset, bytes, ...request, expires_at: inSeconds(expiresAt) },
        };
      },
    },
    {
      ...{ method: "POST", path: UPLOAD, scope: "files:write", ...FOR_USERS },
      run(call) {
        requireVersion(call);
        return meantIn(call) === "PATCH" ? goOn(call) : end(call);
      },
    },
  ];

  async function goOn(call: Call): Promise<HttpAnswer> {
    requireVersion(call);
    requireBodyType(call);
    const acting = call.acting({});
    const upload = await files.append(acting, call.param("upload"), {
      offset: wholeIn(call, "Upload-Offset"),
      body: (signal) => call.bodyPieces(signal),
    });
    return { status: 204, headers: headersOf(await finished(acting, upload)) };
  }

  async function end(call: Call): Promise<HttpAnswer> {
    requireVersion(call);
    await files.cancel(call.acting({}), call.param("upload"));
    return { status: 204 };
  }

  /** Bytes of the pieces that the store itself takes; pictures come to the server, which has to read them anyway. */
  function directBytes({ length = 0 }: Upload, type = ""): number | undefined {
    const bytes = files.directBytes ?? Infinity;
    return length > bytes && !/^image\//i.test(type) ? bytes : undefined;
  }

  /** Makes the upload a file where its last byte is there, which may be so since before a crash. */
  async function finished(acting: Acting, upload: Upload | StoredFile): Promise<Upload> {
    if (!("offset" in upload)) return await files.upload(acting, upload.id);
    if (upload.offset === upload.length) await files.finish(acting, upload.id);
    return upload;
  }
}

function offsetIn(fields: Fields): number {
  const offset = wholeNumber(fields, "offset");
  if (offset !== undefined) return offset;
  throw new CodedError("missing_field", "Missing field 'offset'", { field: "offset" });
}

function sha256In(fields: Fields): string {
  const sha256 = requiredText(fields, "sha256", 64);
  if (/^[0-9a-f]{64}$/i.test(sha256)) return sha256.toLowerCase();
  throw invalid("sha256", sha256, "the SHA-256 of the piece in 64 hexadecimal digits");
}

function requireVersion(call: Call): void {
  call.answerHeader("Tus-Resumable", VERSION);
  const version = call.header("tus-resumable");
  if (version === VERSION) return;
  call.answerHeader("Tus-Version", VERSION);
  throw new CodedError(
    "unsupported_version",
    `Cannot take header 'Tus-Resumable': current value is ${
      JSON.stringify(version ?? "")
    }, allowed is ${VERSION}`,
  );
}

/** What a `POST` stands for, from where nothing but `GET` and `POST` comes through. */
function meantIn(call: Call): "PATCH" | "DELETE" {
  const method = call.header("x-http-method-override");
  if (method === "PATCH" || method === "DELETE") return method;
  throw invalid("X-HTTP-Method-Override", method, "PATCH or DELETE");
}

function requireBodyType(call: Call): void {
  if (call.bodyType?.split(";")[0]?.trim().toLowerCase() === BODY_TYPE) return;
  throw new CodedError(
    "unsupported_type",
    `Cannot read the body: its 'Content-Type' has to be ${BODY_TYPE}`,
  );
}

function lengthIn(call: Call): number {
  if (call.header("upload-defer-length") !== undefined) {
    throw invalid("Upload-Defer-Length", "", "no such header: 'Upload-Length' has to be known");
  }
  return wholeIn(call, "Upload-Length");
}

function wholeIn(call: Call, header: string): number {
  const value = call.header(header.toLowerCase());
  if (value !== undefined && /^\d{1,15}$/.test(value)) return Number(value);
  if (value !== undefined) throw invalid(header, value, "a number of bytes");
  throw new CodedError("missing_field", `Missing header '${header}'`, { field: header });
}

/**
 * Where the upload is, as seen from the address that was called: nobody here knows what a proxy in front has cut off. An application
 * goes on as the user whom it has named.
 */
function locationOf(call: Call, id: string): string {
  const user = call.query("user_id");
  const asked = user === undefined ? "" : `?user_id=${encodeURIComponent(user)}`;
  return `${call.path.endsWith("/") ? "" : "uploads/"}${id}${asked}`;
}

function headersOf({ offset, length }: Upload): Record<string, string> {
  return { "Upload-Offset": String(offset), "Upload-Length": String(length) };
}

function onWire({ id, name, offset, length }: Upload): object {
  return { id, name, offset, length };
}
