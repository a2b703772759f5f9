/** What a trace shows of a frame: its type, its room and how long it is; its text only where somebody asked for that. */
import { Buffer } from "node:buffer";
import type { Connection } from "../../core/connection.ts";
import type { Fields } from "../../base/fields.ts";

/** Most characters of a text that is shown. */
const MOST_CHARACTERS = 4000;

/** What proves who somebody is, and is shown to nobody. */
const SECRET_FIELDS = ["token", "credentials"];
const TOKEN = /eyJ[\w-]+\.[\w.-]+/g;

export interface ShownFrame {
  readonly type: string;
  readonly room: string | undefined;
  readonly bytes: number;
  readonly text: string;
}

/** The frames of a message that a client has sent. */
export function framesIn({ protocol }: Connection, data: string | Uint8Array): ShownFrame[] {
  let texts: string | string[];
  try {
    texts = protocol.split(data);
  } catch {
    texts = typeof data === "string" ? data : "";
  }
  return [texts].flat().filter((text) => text !== "").map(shownFrame);
}

export function shownFrame(text: string): ShownFrame {
  const fields = fieldsOf(text);
  const type = fields === undefined
    ? "-"
    : wordIn(fields, "type") ?? wordIn(fields, "event") ?? "-";
  const data = fields?.["data"];
  const inner = typeof data === "object" && data !== null ? data as Fields : {};
  const room = fields && (textIn(fields, "room") ?? textIn(inner, "room"));
  return { type, room, bytes: Buffer.byteLength(text), text: withoutSecrets(text, fields) };
}

function fieldsOf(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value as Fields : undefined;
  } catch {
    return undefined;
  }
}

function textIn(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" ? value : undefined;
}

/** A type is a word; nothing that somebody has written is shown in its place. */
function wordIn(fields: Fields, name: string): string | undefined {
  const word = textIn(fields, name);
  return word !== undefined && /^[\w.:-]{1,40}$/.test(word) ? word : undefined;
}

function withoutSecrets(text: string, fields: Fields | undefined): string {
  const secret = SECRET_FIELDS.filter((name) => fields?.[name] !== undefined);
  const hidden = Object.fromEntries(secret.map((name) => [name, "***"]));
  const shown = secret.length === 0 ? text : JSON.stringify({ ...fields, ...hidden });
  return shown.slice(0, MOST_CHARACTERS).replace(TOKEN, "***");
}
