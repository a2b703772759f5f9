/**
 * Reads the one file of a form (`multipart/form-data`, RFC 7578) while it comes: parts before it and after it are passed over, and
 * nothing is kept in memory but a piece.
 */
import { Buffer } from "node:buffer";
import { CodedError } from "../base/errors.ts";

/** Bytes of a part's headers. */
const MAX_HEADERS = 16_384;

const HEADERS_END = "\r\n\r\n";

/** A file on its way. */
export interface FormFile {
  readonly name: string;
  /** All of it has to be read. It rejects where the form has another file, or breaks off. */
  readonly bytes: AsyncGenerator<Uint8Array, void>;
}

/** The boundary of the parts; `undefined` where the body is no such form. Throws where it names no boundary. */
export function boundaryIn(type: string | undefined): string | undefined {
  if (!/^multipart\/form-data\s*(;|$)/i.test(type ?? "")) return undefined;
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type ?? "") ??
    [];
  const boundary = quoted ?? plain;
  if (boundary !== undefined) return boundary;
  throw new CodedError("invalid_field", "The form has no boundary in its 'Content-Type'");
}

/** Resolves once the file begins. Rejects where there is none. */
export async function formFile(
  pieces: AsyncIterable<Uint8Array>,
  boundary: string,
): Promise<FormFile> {
  const form = new FormReader(pieces, boundary);
  const name = await form.nextFile();
  if (name !== undefined) return { name, bytes: form.lastFile() };
  throw new CodedError("missing_field", "Missing field 'file': the form has no file", {
    field: "file",
  });
}

class FormReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #delimiter: string;
  #memory: Buffer = Buffer.alloc(0);
  /** What was read and is not used yet. The first delimiter need not follow the end of a line. */
  #rest: Buffer = Buffer.from("\r\n");

  constructor(pieces: AsyncIterable<Uint8Array>, boundary: string) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#delimiter = `\r\n--${boundary}`;
  }

  /** Goes to the next part that is a file, after its headers. Resolves with its name; `undefined` at the end of the form. */
  async nextFile(): Promise<string | undefined> {
    for (;;) {
      for await (const _passed of this.#part());
      const headers = await this.#headers();
      if (headers === undefined) return undefined;
      const name = await this.#fileName(headers);
      if (name !== undefined) return name;
    }
  }

  /** The bytes of the file that follow; after them only fields may come. */
  async *lastFile(): AsyncGenerator<Uint8Array, void> {
    try {
      yield* this.#part();
      for (;;) {
        const headers = await this.#headers();
        if (headers === undefined) return;
        if (await this.#fileName(headers) !== undefined) {
          throw new CodedError("invalid_field", "The form has more than one file: send each alone");
        }
        for await (const _passed of this.#part());
      }
    } finally {
      await this.#pieces.return?.();
    }
  }

  /** The name of the file that the part is. Browsers send a field in which no file was chosen as one without name and bytes. */
  async #fileName(headers: string): Promise<string | undefined> {
    const name = fileNameIn(headers);
    return name === "" && await this.#isEmpty() ? undefined : name;
  }

  /** Whether the part that begins has no bytes. */
  async #isEmpty(): Promise<boolean> {
    const isDelimiter = (bytes: number) =>
      this.#rest.subarray(0, bytes).equals(Buffer.from(this.#delimiter).subarray(0, bytes));
    while (this.#rest.length < this.#delimiter.length && isDelimiter(this.#rest.length)) {
      await this.#more();
    }
    return isDelimiter(this.#delimiter.length);
  }

  /** What is before the next delimiter, which is read, too. */
  async *#part(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const end = this.#rest.indexOf(this.#delimiter);
      if (end >= 0) {
        const last = this.#rest.subarray(0, end);
        this.#rest = this.#rest.subarray(end + this.#delimiter.length);
        if (last.length > 0) yield last;
        return;
      }
      // Its beginning may be there already.
      const sure = Math.max(0, this.#rest.length - this.#delimiter.length + 1);
      const known = this.#rest.subarray(0, sure);
      this.#rest = this.#rest.subarray(sure);
      if (known.length > 0) yield known;
      await this.#more();
    }
  }

  /** The headers of a part; `undefined` after the last one. */
  async #headers(): Promise<string | undefined> {
    while (this.#rest.length < 2) await this.#more();
    if (this.#rest.subarray(0, 2).toString() === "--") {
      await this.#end();
      return undefined;
    }
    for (;;) {
      const end = this.#rest.indexOf(HEADERS_END);
      if (end >= 0) {
        const headers = this.#rest.subarray(0, end).toString();
        this.#rest = this.#rest.subarray(end + HEADERS_END.length);
        return headers;
      }
      if (this.#rest.length > MAX_HEADERS) {
        throw new CodedError(
          "too_long",
          `A part of the form has headers of more than ${MAX_HEADERS} bytes`,
        );
      }
      await this.#more();
    }
  }

  /** Reads what follows the form, which nobody needs: the connection can be used again then. */
  async #end(): Promise<void> {
    while (!(await this.#pieces.next()).done);
  }

  /** Into the same memory each time: what is left of the piece before, and then the next one, which is good only until another. */
  async #more(): Promise<void> {
    const { value, done } = await this.#pieces.next();
    if (done) throw new CodedError("invalid_field", "The form did not come whole");
    const { length } = this.#rest;
    const wanted = length + value.length;
    const memory = wanted > this.#memory.length ? Buffer.allocUnsafeSlow(wanted) : this.#memory;
    memory.set(this.#rest);
    memory.set(value, length);
    this.#memory = memory;
    this.#rest = memory.subarray(0, wanted);
  }
}

/** A parameter of a header. Names in quotes may have all that separates parameters. */
const PARAMETER = /;\s*([\w*-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;"]*))/g;

/** The name of the file that a part is; `undefined` where it is none. Browsers write quotes as `%22`, others as `\"`. */
function fileNameIn(headers: string): string | undefined {
  const [, disposition = ""] = /^content-disposition:(.*)$/im.exec(headers) ?? [];
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, plain = ""] of disposition.matchAll(PARAMETER)) {
    parameters.set(name.toLowerCase(), quoted === undefined ? plain : unquoted(quoted));
  }
  const [, extended] = /^(?:utf-8)?'[^']*'(.*)$/i.exec(parameters.get("filename*") ?? "") ?? [];
  return extended === undefined ? parameters.get("filename") : decoded(extended);
}

function unquoted(name: string): string {
  return name.replaceAll(/\\(["\\])/g, "$1").replaceAll("%22", '"').replaceAll(/%0[ad]/gi, "");
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
