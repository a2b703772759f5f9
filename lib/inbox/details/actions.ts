/**
 * What a user can do with a notification, by a button: open an address, have the server call one, or answer with a text.
 * ntfy's shapes are read as well, so that what was written for it works: the short text of its headers, and its JSON.
 */
import { type Fields, identifier, invalid, optionalName } from "../../base/fields.ts";
import { flagField, isMissing } from "./kinds.ts";
import { addressOf, linkField } from "./links.ts";

export const MOST_ACTIONS = 3;

/** Most UTF-16 units. */
export const LABEL = 64;
export const BODY = 4096;
export const HEADERS = 20;
const HEADER = 1000;

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** What the runtime writes itself, and what says where a request is from. */
const OWN_HEADERS =
  /^(host|content-length|connection|transfer-encoding|upgrade|te|trailer|expect|keep-alive|proxy-.*|via|forwarded|x-forwarded-.*|cookie)$/i;

interface Common {
  /** Its name in a notification, by which it is done. */
  readonly id: string;
  readonly label: string;
  /** Whether the notification is archived once it is done. */
  readonly clear?: true;
}

/** Opens an address in the client. */
export interface ViewAction extends Common {
  readonly type: "view";
  readonly url: string;
}

/** The server calls an address. Clients never see which one. */
export interface HttpAction extends Common {
  readonly type: "http";
  readonly url: string;
  readonly method: typeof METHODS[number];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The user answers with a text, which the application is told. */
export interface ReplyAction extends Common {
  readonly type: "reply";
  readonly placeholder?: string;
}

export type Action = ViewAction | HttpAction | ReplyAction;

const ALLOWED =
  'a list of at most 3, each with "type" view, http or reply, and a "label", such as [{"type":"view","label":"Open","url":"https://shop.example/7"}]';

/** Reads `actions`: a list, its JSON, or ntfy's short text: `view, Open, https://…; http, Close, https://…, method=PUT`. */
export function actionsField(value: unknown): readonly Action[] | undefined {
  if (isMissing(value)) return undefined;
  const list = typeof value === "string" ? listIn(value) : value;
  if (!Array.isArray(list)) throw invalid("actions", value, ALLOWED);
  if (list.length > MOST_ACTIONS) throw invalid("actions", list.length, `at most ${MOST_ACTIONS}`);
  if (list.length === 0) return undefined;
  const actions = list.map((each, index) => actionOf(each, index));
  const ids = new Set(actions.map(({ id }) => id));
  if (ids.size === actions.length) return actions;
  throw invalid("actions", [...ids].join(), "ids that differ");
}

function listIn(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return shortActions(text);
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    return text;
  }
}

function actionOf(value: unknown, index: number): Action {
  const fields = objectOf(value);
  if (fields === undefined) throw invalid("actions", value, ALLOWED);
  const type = fields["type"] ?? fields["action"]; // ntfy says action
  const clear = flagField(fields, "clear");
  const common: Common = {
    id: isMissing(fields["id"])
      ? String(index + 1)
      : identifier({ "actions.id": fields["id"] }, "actions.id", LABEL),
    label: identifier({ "actions.label": fields["label"] }, "actions.label", LABEL).trim(),
    ...(clear && { clear }),
  };
  switch (type) {
    case "view": {
      const url = linkField({ "actions.url": fields["url"] }, "actions.url");
      if (url === undefined) throw invalid("actions.url", fields["url"], "an address or a path");
      return { type, ...common, url };
    }
    case "http":
      return { type, ...common, ...requestOf(fields) };
    case "reply": {
      const said = { "actions.placeholder": fields["placeholder"] };
      const placeholder = optionalName(said, "actions.placeholder", LABEL);
      return { type, ...common, ...(placeholder && { placeholder }) };
    }
    default:
      throw invalid("actions.type", type, "view, http or reply");
  }
}

function requestOf(fields: Fields): Pick<HttpAction, "url" | "method" | "headers" | "body"> {
  const { method = "POST", body } = fields;
  const known = METHODS.find((each) => each === String(method).toUpperCase());
  if (known === undefined) throw invalid("actions.method", method, METHODS.join(", "));
  const headers = headersOf(fields["headers"]);
  const text = isMissing(body) ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  if (text !== undefined && (known === "GET" || text.length > BODY)) {
    const allowed = known === "GET" ? "no body with GET" : `at most ${BODY} characters`;
    throw invalid("actions.body", body, allowed);
  }
  return {
    url: addressOf("actions.url", fields["url"]),
    method: known,
    ...(headers && { headers }),
    ...(text !== undefined && { body: text }),
  };
}

function headersOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (isMissing(value)) return undefined;
  const fields = objectOf(value);
  if (fields === undefined) throw invalid("actions.headers", value, "an object of texts");
  const entries = Object.entries(fields).map(([name, content]) => [name, String(content)] as const);
  if (entries.length > HEADERS) {
    throw invalid("actions.headers", entries.length, `at most ${HEADERS}`);
  }
  for (const [name, content] of entries) {
    if (!/^[!#$%&'*+.^_`|~\w-]{1,100}$/.test(name) || OWN_HEADERS.test(name)) {
      throw invalid("actions.headers", name, "names of headers that are not the server's own");
    }
    if (!/^[\t -~\x80-\xff]*$/.test(content) || content.length > HEADER) {
      throw invalid(`actions.headers.${name}`, "…", `at most ${HEADER} characters of a header`);
    }
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function objectOf(value: unknown): Fields | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? value as Fields : undefined;
}

/** The names of a short action's first values, in their order. */
const POSITIONAL: Readonly<Record<string, readonly string[]>> = {
  view: ["type", "label", "url"],
  http: ["type", "label", "url"],
  reply: ["type", "label", "placeholder"],
};

/** Reads ntfy's short actions: with `;` between them, `,` between values, `key=value` after the first, and quotes around both. */
function shortActions(text: string): Fields[] {
  return split(text, ";").filter((each) => each.trim() !== "").map((action) => {
    const values = split(action, ",").map((each) => unquoted(each.trim()));
    const names = POSITIONAL[values[0]?.toLowerCase() ?? ""] ?? ["type", "label", "url"];
    const fields: Record<string, unknown> = {};
    const headers: Record<string, unknown> = {};
    values.forEach((value, index) => {
      const [, key, rest] = /^([\w.-]+)=(.*)$/s.exec(value) ?? [];
      const isNamed = key !== undefined && (index >= names.length || KEYS.test(key));
      if (!isNamed) {
        const name = names[index];
        if (name === undefined) throw invalid("actions", value, "key=value after the address");
        fields[name] = index === 0 ? value.toLowerCase() : value;
      } else if (key.startsWith("headers.")) {
        headers[key.slice("headers.".length)] = unquoted(rest!);
      } else fields[key] = unquoted(rest!);
    });
    return Object.keys(headers).length > 0 ? { ...fields, headers } : fields;
  });
}

const KEYS = /^(type|action|label|url|method|body|clear|placeholder|id|headers\.[\w-]+)$/;

function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let part = "";
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (quote !== "" && character === "\\" && at + 1 < text.length) {
      part += character + text[++at]!;
      continue;
    }
    // An apostrophe within a word is none.
    const opens = quote === "" && /["']/.test(character) && /(^|[=,])\s*$/.test(part);
    if (opens) quote = character;
    else if (character === quote) quote = "";
    if (character === separator && quote === "") {
      parts.push(part);
      part = "";
    } else part += character;
  }
  return [...parts, part];
}

function unquoted(text: string): string {
  const [, , inner] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  return inner === undefined ? text : inner.replace(/\\(.)/gs, "$1");
}

/** What came of an action, which stands with it once it is done. */
export interface Outcome {
  /** Unix time in seconds. */
  readonly done_at?: number;
  /** Of the answer of `http`. */
  readonly status?: number;
  /** Of that answer, or what the user replied. */
  readonly text?: string;
}

/** An action as clients see it: what the server calls is the sender's affair, and may have secrets. */
export function shownAction(action: Action & Outcome): Fields {
  if (action.type !== "http") return { ...action };
  const { type, id, label, clear, done_at, status, text } = action;
  return {
    ...{ type, id, label },
    ...(clear && { clear }),
    ...(done_at !== undefined && { done_at }),
    ...(status !== undefined && { status }),
    ...(text !== undefined && { text }),
  };
}
