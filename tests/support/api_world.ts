/** A server whose API is called as its description says, and what has to be there before each call can succeed. */
import { Manager } from "./manager.ts";
import type { Program } from "./program.ts";
import { connectionToken } from "./tokens.ts";
import { waitFor } from "./wait.ts";

// deno-lint-ignore no-explicit-any -- a description is read by its own words
export type Json = any;

/** What is put to a call beside what its description has as an example. */
export interface Prepared {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of an example, or beside its fields. */
  readonly body?: Json;
}

export interface Answered {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly json: Json;
  readonly headers: Headers;
}

/** One call of the description. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly about: Json;
}

/** Subscriptions of a browser, with keys that are good. */
function subscription(name: string): Json {
  return {
    endpoint: `https://updates.push.services.mozilla.com/wpush/v2/${name}`,
    keys: {
      p256dh:
        "BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U",
      auth: "8eDyX_uCN0XRhSbY5hs7Hg",
    },
  };
}

export class ApiWorld implements AsyncDisposable {
  readonly document: Json;
  readonly #program: Program;
  readonly #manager: Manager;
  /** End the streams that are open. */
  readonly #ends: (() => Promise<void>)[] = [];
  #count = 0;

  private constructor(program: Program, manager: Manager, document: Json) {
    this.#program = program;
    this.#manager = manager;
    this.document = document;
  }

  static async of(program: Program): Promise<ApiWorld> {
    const response = await fetch(`${program.url}/openapi.json`);
    return new ApiWorld(program, await Manager.of(program), await response.json());
  }

  get url(): string {
    return this.#program.url;
  }

  get key(): string {
    return this.#manager.key;
  }

  /** All calls of the description. */
  get operations(): Operation[] {
    return Object.entries<Json>(this.document.paths).flatMap(([path, methods]) =>
      Object.entries<Json>(methods).map(([method, about]) => ({
        id: about.operationId,
        method: method.toUpperCase(),
        path,
        about,
      }))
    );
  }

  /** What a reference stands for. */
  resolved(value: Json): Json {
    if (value?.$ref === undefined) return value;
    const parts = value.$ref.split("/").slice(1);
    return this.resolved(parts.reduce((place: Json, name: string) => place[name], this.document));
  }

  /** A name that nothing has had before. */
  name(what: string): string {
    return `${what}-${++this.#count}-${Math.random().toString(36).slice(2, 8)}`;
  }

  /** Calls what the operation describes. */
  async call(
    { method, path, about }: Operation,
    { path: given = {}, query = {}, headers = {}, body }: Prepared,
  ): Promise<Answered> {
    const parameters = (about.parameters ?? []).map((each: Json) => this.resolved(each));
    const values = Object.fromEntries(
      parameters.filter((each: Json) => each.in === "path")
        .map((each: Json) => [each.name, each.example]),
    );
    const url = new URL(
      this.url + path.replaceAll(/\{(\w+)\}/g, (_, name) => {
        return encodeURIComponent(String(given[name] ?? values[name]));
      }),
    );
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const needed: [string, Json][] = parameters.filter((each: Json) =>
      each.in === "header" && each.required
    )
      .map((each: Json) => [each.name, each.example]);
    const isJson = body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array);
    const response = await fetch(url, {
      method,
      redirect: "manual",
      signal: AbortSignal.timeout(10_000),
      headers: {
        authorization: `Bearer ${this.key}`,
        ...Object.fromEntries(
          needed.map(([name, value]) => [name.toLowerCase(), String(value ?? "")]),
        ),
        ...(isJson && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: isJson ? JSON.stringify(body) : body }),
    });
    const text = await response.text();
    const type = (response.headers.get("content-type") ?? "").split(";")[0]!;
    const json = type === "application/json" && text !== "" ? JSON.parse(text) : undefined;
    return { status: response.status, type, text, json, headers: response.headers };
  }

  /** Calls the API, and resolves with the JSON of the answer. Rejects where the call is refused. */
  async done(method: string, path: string, body?: Json): Promise<Json> {
    const response = await fetch(`${this.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** The bodies that the description has as examples. */
  examplesOf({ about }: Operation): Json[] {
    const { examples = {} } = about.requestBody?.content?.["application/json"] ?? {};
    return Object.values<Json>(examples).map(({ value }) => value);
  }

  /** The call with all that has to be there before it. */
  async prepared(operation: Operation, example: Json): Promise<Prepared> {
    const prepared = await PREPARATIONS[operation.id]?.(this, example) ?? {};
    const asks = (operation.about.parameters ?? []).map((each: Json) => this.resolved(each))
      .some((each: Json) => each.name === "user_id" && /^As which user/.test(each.description));
    const isNamed = example?.user_id !== undefined;
    const body = "body" in prepared ? prepared.body : undefined;
    return {
      ...prepared,
      query: { ...(asks && !isNamed && { user_id: "1" }), ...prepared.query },
      body: body instanceof Uint8Array || typeof body === "string"
        ? body
        : example === undefined && body === undefined
        ? undefined
        : { ...example, ...body },
    };
  }

  async notification(more: Json = {}): Promise<string> {
    const sent = await this.done("POST", "/notifications", {
      user_id: 42,
      message: "Hello",
      id: this.name("order"),
      ...more,
    });
    return sent.id;
  }

  async group(members: Json[] = [2, 3]): Promise<string> {
    const made = await this.done("POST", "/conversations", {
      ...{ kind: "group", user_id: 1, members, name: "Team" },
    });
    return String(made.id);
  }

  async message(): Promise<string> {
    const conversation = await this.group();
    const sent = await this.done("POST", `/conversations/${conversation}/messages`, {
      ...{ user_id: 1, text: "Hello there" },
    });
    return String(sent.id);
  }

  async file(): Promise<string> {
    const response = await fetch(`${this.url}/api/files?name=report.txt&user_id=1`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.key}` },
      body: `bytes of ${this.name("file")}`,
    });
    return (await response.json()).id;
  }

  async upload(): Promise<string> {
    const response = await fetch(`${this.url}/api/uploads?user_id=1`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${this.key}`,
        "tus-resumable": "1.0.0",
        "upload-length": "5",
      },
    });
    return (await response.json()).id;
  }

  async device(user = "42"): Promise<{ readonly device: string; readonly token: Json }> {
    const token = subscription(this.name("device"));
    const made = await this.done("POST", `/users/${user}/devices`, { provider: "web_push", token });
    return { device: made.id, token };
  }

  /** Opens a stream of events of a user in a room. Resolves with its session, once it is there. */
  async stream(user: string, room: string): Promise<string> {
    const abort = new AbortController();
    const token = await connectionToken({ sub: user });
    const response = await fetch(`${this.url}/sse?room=${room}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: abort.signal,
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const reading = (async () => {
      for (;;) {
        const { done, value = "" } = await reader.read();
        if (done) return;
        text += value;
      }
    })();
    const ended = reading.catch(() => {}); // also where its server goes first
    this.#ends.push(async () => {
      abort.abort();
      await reader.cancel().catch(() => {});
      await ended;
    });
    await waitFor(
      "the stream is in the room",
      () => text.includes('"joined"') || text.includes(room),
    );
    const [, session = ""] = /"session":"([^"]+)"/.exec(text) ?? [];
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) await end();
  }
}

type Prepare = (world: ApiWorld, example: Json) => Promise<Prepared> | Prepared;

const ofNotification: Prepare = async (world) => ({
  path: { id: await world.notification() },
  query: { user_id: "42" },
});

const ofUsersNotification: Prepare = async (world) => ({
  path: { user: "42", id: await world.notification() },
});

const ofConversation: Prepare = async (world) => ({ path: { conversation: await world.group() } });

const ofMessage: Prepare = async (world) => ({
  path: { message: await world.message(), emoji: "👍" },
});

const ofRoom: Prepare = async (world) => {
  const room = world.name("room");
  await world.done("PUT", `/rooms/${room}`, {});
  return { path: { room } };
};

const ofKind: Prepare = async (world) => {
  const kind = world.name("kind");
  await world.done("PUT", `/kinds/${kind}`, { name: "News" });
  return { path: { kind } };
};

const ofFile: Prepare = async (world) => ({ path: { file: await world.file() } });

const ofUpload: Prepare = async (world) => ({ path: { upload: await world.upload() } });

const BYTES = new TextEncoder().encode("Hello");
const PIECE = {
  body: BYTES,
  headers: { "content-type": "application/offset+octet-stream", "upload-offset": "0" },
};

const itsOwnId: Prepare = (world, { id } = {}) =>
  id === undefined ? {} : { body: { id: world.name(id) } };

const PREPARATIONS: Readonly<Record<string, Prepare>> = {
  sendNotification: async (world, { topic, id }) => {
    if (topic !== undefined) await world.done("PUT", `/users/42/topics/${topic}`);
    return id === undefined ? {} : { body: { id: world.name("order") } };
  },
  putNotification: itsOwnId,
  getNotification: ofNotification,
  editNotification: ofNotification,
  withdrawNotification: ofNotification,
  snoozeNotification: ofUsersNotification,
  unsnoozeNotification: ofUsersNotification,
  archiveNotification: ofUsersNotification,
  unarchiveNotification: ofUsersNotification,
  actOnNotification: async (world) => ({
    path: {
      user: "42",
      id: await world.notification({ actions: [{ type: "reply", label: "Answer" }] }),
      action: "1",
    },
  }),
  getRoom: ofRoom,
  editRoom: ofRoom,
  deleteRoom: ofRoom,
  putRoom: (world) => ({ path: { room: world.name("room") } }),
  listRoomConnections: async (world) => {
    const room = world.name("room");
    await world.stream("7", room);
    return { path: { room } };
  },
  getRoomConnection: async (world) => {
    const room = world.name("room");
    await world.stream("7", room);
    return { path: { room, user: "7" } };
  },
  publishTopic: itsOwnId,
  openConversation: itsOwnId,
  getConversation: ofConversation,
  editConversation: ofConversation,
  leaveConversation: ofConversation,
  listMembers: ofConversation,
  addMembers: ofConversation,
  setMemberRole: async (world) => ({ path: { conversation: await world.group(), user: "2" } }),
  removeMember: async (world) => ({ path: { conversation: await world.group(), user: "2" } }),
  markRead: ofConversation,
  setTyping: ofConversation,
  listMessages: async (world) => {
    const conversation = await world.group();
    await world.done("POST", `/conversations/${conversation}/messages`, { user_id: 1, text: "Hi" });
    return { path: { conversation } };
  },
  listConversationFiles: async (world) => {
    const conversation = await world.group();
    const file = await world.file();
    await world.done("POST", `/conversations/${conversation}/messages`, {
      ...{ user_id: 1, kind: "file", file },
    });
    return { path: { conversation } };
  },
  sendMessage: ofConversation,
  sendMessageTo: itsOwnId,
  getMessage: ofMessage,
  editMessage: ofMessage,
  unsendMessage: ofMessage,
  addReaction: ofMessage,
  removeReaction: async (world) => {
    const message = await world.message();
    await world.done("PUT", `/messages/${message}/reactions/👍?user_id=2`);
    return { path: { message, emoji: "👍" } };
  },
  getReceipts: ofMessage,
  searchMessages: async (world) => {
    await world.message();
    return { query: { q: "hello" } };
  },
  getPresence: () => ({ query: { user_id: undefined } }),
  linkUpload: ofUpload,
  getContact: async (world) => {
    await world.done("PUT", "/contacts/2?user_id=1", { name: "Bob" });
    return {};
  },
  listContacts: async (world) => {
    await world.done("PUT", "/contacts/2?user_id=1", { name: "Bob" });
    return {};
  },
  editContact: (world) => ({ path: { contact: world.name("contact") } }),
  getKind: ofKind,
  deleteKind: ofKind,
  putKind: (world) => ({ path: { kind: world.name("kind") } }),
  unsubscribe: async (world) => ({ query: { token: await unsubscribeToken(world) } }),
  showUnsubscribe: async (world) => ({ query: { token: await unsubscribeToken(world) } }),
  registerDevice: (world) => ({ body: { token: subscription(world.name("device")) } }),
  removeDevice: async (world) => ({ path: { user: "42", device: (await world.device()).device } }),
  renewDevice: async (world) => {
    const { device, token } = await world.device();
    const renewed = subscription(world.name("device"));
    return { path: { device }, body: { old: token, token: renewed } };
  },
  uploadFile: () => ({ body: BYTES, query: { name: "report.txt" } }),
  getFile: ofFile,
  deleteFile: ofFile,
  removeFile: async (world) => ({
    path: { file: await world.file() },
    query: { user_id: "1" },
  }),
  downloadFile: ofFile,
  getUpload: ofUpload,
  cancelUpload: ofUpload,
  appendUpload: async (world) => ({ path: { upload: await world.upload() }, ...PIECE }),
  overrideUpload: async (world) => ({ path: { upload: await world.upload() }, ...PIECE }),
  createKey: () => ({}),
  revokeKey: async (world) => {
    const { id } = await world.done("POST", "/keys", { name: "gone", scopes: ["read"] });
    return { path: { id } };
  },
  blockUser: (world) => ({ path: { user: world.name("user") } }),
  sendToStream: async (world) => ({
    headers: { "x-session": await world.stream("8", world.name("room")) },
    body: '{"type":"ping"}',
  }),
  sendToSession: async (world) => ({
    path: { session: await world.stream("8", world.name("room")) },
    body: '{"type":"ping"}',
  }),
};

async function unsubscribeToken(world: ApiWorld): Promise<string> {
  const kind = world.name("kind");
  await world.done("PUT", `/kinds/${kind}`, { mail: true });
  const { unsubscribe } = await world.done("GET", "/users/42/preferences");
  return new URL(unsubscribe[kind], world.url).searchParams.get("token")!;
}
