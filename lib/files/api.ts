/** What the routes of files and uploads are to their callers. */
import { any, flag, list, named, object, oneOf, text, whole } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { type About, type Abouts, may, type MountAbout, must } from "../http/openapi/about.ts";
import { at, kit, NEXT, PAGE, USER } from "../http/openapi/kit.ts";

const FILE_FIELDS = {
  id: text("Its id."),
  name: text("Its name."),
  type: text("The media type that its bytes have."),
  bytes: whole("Its size."),
  sha256: text("Of its bytes, in hexadecimal digits."),
};

const MORE = {
  width: whole("In pixels, of an image."),
  height: whole("In pixels, of an image."),
  url: text("A link by which whoever has it reads the file until its end."),
};

const FILE = named("File", object("A file.", FILE_FIELDS, MORE));

const LISTED = named(
  "ListedFile",
  object("A file in a list.", { ...FILE_FIELDS, created_at: at("When it was uploaded.") }, {
    ...MORE,
    user_id: USER,
  }),
);

const UPLOAD = named(
  "Upload",
  object("An upload.", {
    id: text("The id that its file will have."),
    offset: whole("Bytes that are there."),
    length: whole("Bytes of the whole."),
  }, {
    name: text("The file's name."),
    direct: whole(
      "Bytes of the pieces that the store takes by links; absent where all comes to the server.",
    ),
  }),
);

const BYTES = { type: "string", format: "binary", description: "The bytes." };

const OWN_ID = may(
  text("An id of the caller's own: the same one again is the same file.", {
    max: 128,
    pattern: "^[\\x21-\\x7e]{1,128}$",
  }),
);

const TOO_MUCH = [
  ...["too_large", "type_denied", "too_many_files", "too_many_uploads", "storage_full"] as const,
  ...["file_refused", "id_taken"] as const,
];

const TUS: About["headers"] = {
  "Tus-Resumable": must(oneOf("The version of tus.", ["1.0.0"]), "1.0.0"),
};

const TUS_ANSWER = {
  "Tus-Resumable": "The version of tus.",
  "Upload-Offset": "Bytes that are there.",
  "Upload-Length": "Bytes of the whole.",
};

export function filesApi(limits: Limits): Abouts {
  const { acting, actingField } = kit(limits);
  const ofFile = { file: must(text("The file's id."), "3vXo0m2pQ9a8bT1cD4eFgH") };
  const ofUpload = { upload: must(text("The upload's id."), "3vXo0m2pQ9a8bT1cD4eFgH") };
  const offset = must(text("From which byte on.", { pattern: "^\\d{1,15}$" }), "0");
  const errors = ["unsupported_version", "offset_mismatch", ...TOO_MUCH] as const;
  return {
    "POST /files": {
      id: "uploadFile",
      tag: "files",
      summary: "Upload a file in one request",
      query: { ...acting, name: may(text("The file's name."), "report.txt") },
      headers: { "Idempotency-Key": OWN_ID },
      body: {
        others: {
          "application/octet-stream": BYTES,
          "multipart/form-data": object("A form with one file.", { file: BYTES }),
        },
        isRequired: true,
      },
      answers: { 201: { description: "It is stored.", json: FILE } },
      errors: TOO_MUCH,
    },
    "GET /files": {
      id: "listFiles",
      tag: "files",
      summary: "List files: a user's own, or those of the site",
      query: { ...PAGE, ...acting },
      answers: {
        200: {
          description: "A part of them.",
          json: object("Files, the newest first.", { files: list("One part.", LISTED) }, {
            next: NEXT,
          }),
        },
      },
    },
    "GET /files/:file": {
      id: "getFile",
      tag: "files",
      summary: "Show what is known of a file",
      path: ofFile,
      query: acting,
      answers: { 200: { description: "The file.", json: FILE } },
    },
    "DELETE /files/:file": {
      id: "deleteFile",
      tag: "files",
      summary: "Remove a file",
      path: ofFile,
      query: acting,
      answers: { 204: { description: "There is no such file." } },
      errors: ["conflict"],
    },
    "POST /uploads": {
      id: "beginUpload",
      tag: "files",
      summary: "Begin an upload that can go on where it broke off (tus 1.0)",
      query: acting,
      headers: {
        ...TUS,
        "Upload-Length": must(text("Bytes of the whole.", { pattern: "^\\d{1,15}$" }), "5"),
        "Upload-Metadata": may(
          text("Keys with values in Base64: `filename` and `filetype`.", { max: 4096 }),
          "filename cmVwb3J0LnR4dA==",
        ),
        "Idempotency-Key": OWN_ID,
      },
      answers: {
        201: {
          description: "It has begun; `Location` says where it goes on.",
          json: UPLOAD,
          headers: { ...TUS_ANSWER, Location: "The path of the upload." },
        },
      },
      errors: [...errors, "missing_field"],
    },
    "GET /uploads/:upload": {
      id: "getUpload",
      tag: "files",
      summary: "Ask how far an upload came; HEAD answers the same without a body",
      path: ofUpload,
      query: acting,
      headers: TUS,
      answers: {
        200: {
          description: "How far it came.",
          json: UPLOAD,
          headers: { ...TUS_ANSWER, "Upload-Metadata": "As it was said." },
        },
      },
      errors,
    },
    "PATCH /uploads/:upload": {
      id: "appendUpload",
      tag: "files",
      summary: "Go on with an upload; it is a file as soon as its last byte is there",
      path: ofUpload,
      query: acting,
      headers: { ...TUS, "Upload-Offset": offset },
      body: { others: { "application/offset+octet-stream": BYTES }, isRequired: true },
      answers: { 204: { description: "So much is there.", headers: TUS_ANSWER } },
      errors,
    },
    "DELETE /uploads/:upload": {
      id: "cancelUpload",
      tag: "files",
      summary: "End an upload, and forget what is there",
      path: ofUpload,
      query: acting,
      headers: TUS,
      answers: { 204: { description: "There is no such upload." } },
      errors,
    },
    "POST /uploads/:upload": {
      id: "overrideUpload",
      tag: "files",
      summary: "PATCH or DELETE, from where nothing but GET and POST comes through",
      path: ofUpload,
      query: acting,
      headers: {
        ...TUS,
        "X-HTTP-Method-Override": must(oneOf("What is meant.", ["PATCH", "DELETE"]), "PATCH"),
        "Upload-Offset": may(offset.schema),
      },
      body: { others: { "application/offset+octet-stream": BYTES } },
      answers: { 204: { description: "It is done.", headers: TUS_ANSWER } },
      errors,
    },
    "POST /uploads/:upload/link": {
      id: "linkUpload",
      tag: "files",
      summary: "Get a link by which the store itself takes the next piece",
      description: "Only where files are in a bucket that clients may write to.",
      path: ofUpload,
      query: acting,
      body: {
        isForm: false,
        fields: named(
          "UploadPiece",
          object("The piece.", {
            offset: whole("From which byte on."),
            sha256: text("Of the piece.", { max: 64, pattern: "^[0-9A-Fa-f]{64}$" }),
          }, actingField),
        ),
        isRequired: true,
        examples: {
          "The first piece": {
            offset: 0,
            sha256: "185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969",
          },
        },
      },
      answers: {
        201: {
          description: "The link.",
          json: object("A request that the store takes.", {
            offset: whole("From which byte on."),
            bytes: whole("Bytes of the piece."),
            expires_at: at("When the link ends."),
          }, {
            url: text("Where."),
            method: text("By which method."),
            headers: any("With which headers."),
          }),
        },
      },
      errors,
    },
  };
}

/** What `/files` answers, which gives the bytes out. */
export function downloadsApi(): readonly MountAbout[] {
  const ofFile = { file: must(text("The file's id."), "3vXo0m2pQ9a8bT1cD4eFgH") };
  return [
    {
      method: "GET",
      path: "/files/:file",
      access: "link",
      scope: "files:read",
      about: {
        id: "downloadFile",
        tag: "files",
        summary: "Read a file: with a link's signature, a key or a user's token",
        path: ofFile,
        query: {
          signature: may(text("That of a link, in which no key is needed.")),
          thumbnail: may(
            text("A width in pixels: an image comes smaller.", { pattern: "^[1-9]\\d{0,4}$" }),
            "320",
          ),
          download: may(flag("Whether a browser saves it in place of showing it.")),
          user_id: may(text("As which user an application reads it.")),
        },
        headers: {
          Range: may(text("Which bytes."), "bytes=0-99"),
          "If-None-Match": may(text("The ETag that the caller has.")),
        },
        answers: {
          200: {
            description: "The bytes.",
            others: { "*/*": BYTES },
            headers: { ETag: "Of the bytes.", "Content-Disposition": "The file's name." },
          },
          206: {
            description: "A part of the bytes.",
            others: { "*/*": BYTES },
            headers: { "Content-Range": "Which bytes." },
          },
          302: { description: "The store gives it out.", headers: { Location: "Where." } },
          304: { description: "The caller has it." },
        },
        errors: ["unsatisfiable_range"],
      },
    },
    {
      method: "DELETE",
      path: "/files/:file",
      access: "caller",
      scope: "files:write",
      about: {
        id: "removeFile",
        tag: "files",
        summary: "Remove a file by the address that it is read at",
        path: ofFile,
        answers: { 204: { description: "There is no such file." } },
        errors: ["conflict"],
      },
    },
  ];
}
