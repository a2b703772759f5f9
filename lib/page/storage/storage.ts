/** What the page remembers in the browser; everything read back is checked before it is believed. */
import type { KeyValueStore } from "../../sdk/mod.ts";
import { type Draft, type Drafts, NO_DRAFT, NO_DRAFTS, withDraft } from "../state/drafts.ts";
import { type Written, WRITTEN_LIMIT, type WrittenMessage } from "../state/written.ts";

interface Settings {
  /** Whether the page connects at once, without the form. */
  signed_in: boolean;
  user_id: string;
  name: string;
  rooms: string[];
  active_room: string;
}

export const SETTINGS_KEY = "notifyli.settings";
const TOKEN_KEY = "notifyli.token";
/** The site that the server named for the token of this tab. */
const SITE_KEY = "notifyli.site";

/** Whose written messages are. */
interface Account {
  readonly userId: string;
  /** It is empty as long as the server has not said it. */
  readonly site: string;
}

/**
 * The key of an account's written messages, which earlier versions of the page called its outbox. No user id has a line
 * break, so no two accounts have one key.
 */
export const writtenKey = ({ userId, site }: Account) => `notifyli.outbox.${userId}\n${site}`;

const draftsKey = ({ userId, site }: Account) => `notifyli.drafts.${userId}\n${site}`;

export function loadSettings(store: KeyValueStore): Settings {
  const saved = fields(readJson(store, SETTINGS_KEY));
  return {
    signed_in: saved.get("signed_in") === true,
    user_id: text(saved.get("user_id")),
    name: text(saved.get("name")),
    rooms: list(saved.get("rooms")).filter((room) => typeof room === "string"),
    active_room: text(saved.get("active_room")),
  };
}

export function saveSettings(store: KeyValueStore, settings: Settings): void {
  writeJson(store, SETTINGS_KEY, settings);
}

export function loadWritten(store: KeyValueStore, account: Account): Written {
  return list(readJson(store, writtenKey(account))).map(asWrittenMessage)
    .filter((entry) => entry !== null).slice(0, WRITTEN_LIMIT);
}

export function saveWritten(store: KeyValueStore, account: Account, written: Written): void {
  writeJson(store, writtenKey(account), written);
}

export function loadDrafts(store: KeyValueStore, account: Account): Drafts {
  let drafts = NO_DRAFTS;
  for (const saved of list(readJson(store, draftsKey(account)))) {
    const [name, entry] = list(saved);
    const draft = asDraft(entry);
    if (typeof name === "string" && draft !== null) drafts = withDraft(drafts, name, draft);
  }
  return drafts;
}

/** Keeps those that changed; another tab may have kept others. */
export function saveDrafts(
  store: KeyValueStore,
  account: Account,
  drafts: Drafts,
  before: Drafts,
): void {
  let kept = loadDrafts(store, account);
  for (const name of new Set([...before.keys(), ...drafts.keys()])) {
    const draft = drafts.get(name);
    if (draft !== before.get(name)) kept = withDraft(kept, name, draft ?? NO_DRAFT);
  }
  writeJson(store, draftsKey(account), [...kept]);
}

/** @param own the tab's own storage: a token is no setting, and is gone with the tab */
export function loadToken(own: KeyValueStore): string {
  return own.getItem(TOKEN_KEY) ?? "";
}

/** Keeps a token. The server has to say anew whose it is. */
export function saveToken(own: KeyValueStore, token: string): void {
  own.setItem(TOKEN_KEY, ""); // where there is no space for the new one, a reload must not find the old one
  saveSite(own, "");
  own.setItem(TOKEN_KEY, token);
}

export function loadSite(own: KeyValueStore): string {
  return own.getItem(SITE_KEY) ?? "";
}

export function saveSite(own: KeyValueStore, site: string): void {
  own.setItem(SITE_KEY, site);
}

/**
 * What the browser keeps, behind a store that never throws. What the browser does not take, since its quota is used up or
 * it forbids it (cookies blocked, sandboxed frame) or has no store (some web views say `null`), is kept in memory: what is
 * on the screen works, and only a reload forgets it.
 */
export function storeOrMemory(open: () => KeyValueStore | null): KeyValueStore {
  const store = tried(open) ?? undefined;
  const memory = new Map<string, string>();
  return {
    getItem: (key) => memory.get(key) ?? tried(() => store?.getItem(key)) ?? null,
    setItem(key, value) {
      const isKept = tried(() => {
        store?.setItem(key, value);
        return store !== undefined;
      });
      if (isKept) memory.delete(key);
      else memory.set(key, value);
    },
  };
}

/**
 * For the library, which keeps there what waits to be sent in conversations. The list of notifications is read anew after a
 * reload, so nothing keeps the place in the inbox: what was seen is the server's to know.
 */
export function withoutInbox(store: KeyValueStore): KeyValueStore {
  const isInbox = (key: string) => key.startsWith("notifyli:inbox:");
  return {
    getItem: (key) => isInbox(key) ? null : store.getItem(key),
    setItem(key, value) {
      if (!isInbox(key)) store.setItem(key, value);
    },
  };
}

/** `undefined` where it is forbidden, or fails. */
function tried<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}

function readJson(store: KeyValueStore, key: string): unknown {
  try {
    return JSON.parse(store.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function writeJson(store: KeyValueStore, key: string, value: unknown): void {
  store.setItem(key, JSON.stringify(value));
}

function asWrittenMessage(value: unknown): WrittenMessage | null {
  const entry = fields(value);
  const [id, room, message] = [entry.get("id"), entry.get("room"), entry.get("message")];
  const timestamp = entry.get("timestamp");
  const failure = entry.get("failure");
  if (typeof id !== "string" || typeof room !== "string") return null;
  if (typeof message !== "string" || typeof timestamp !== "number") return null;
  const kept = { id, room, message, timestamp };
  return typeof failure === "string" ? { ...kept, failure } : kept;
}

function asDraft(value: unknown): Draft | null {
  const entry = fields(value);
  const said = entry.get("text");
  if (typeof said !== "string") return null;
  const [answered, edited] = [fields(entry.get("replyTo")), fields(entry.get("editing"))];
  const mentions = [...fields(entry.get("mentions"))].map(([id, name]) =>
    [id, text(name)] as const
  );
  const [replyTo, editing] = [answered.get("id"), edited.get("id")];
  return {
    text: said,
    ...(typeof replyTo === "number"
      ? {
        replyTo: { id: replyTo, name: wordsOf(answered, "name"), text: wordsOf(answered, "text") },
      }
      : {}),
    ...(typeof editing === "number"
      ? { editing: { id: editing, text: wordsOf(edited, "text") } }
      : {}),
    ...(mentions.length > 0 ? { mentions: Object.fromEntries(mentions) } : {}),
  };
}

function wordsOf(entry: Map<string, unknown>, field: string): string {
  return text(entry.get(field));
}

function fields(value: unknown): Map<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
