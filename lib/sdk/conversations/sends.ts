/**
 * The user's own messages on their way to the server: those of one conversation go out one after the other, in the order they
 * were written, each after its file, again after each break, until the server has answered. The sender's own id makes that
 * harmless.
 */
import { closedError, NotifyliError } from "../core/errors.ts";
import { type Link, readReply } from "../core/requests.ts";
import { Retry } from "../core/retry.ts";
import type { AttachedFile, User } from "../core/types.ts";
import type { MessageCommand } from "./commands.ts";
import { factsOf, FileUpload, lostFile, type Uploader } from "./file_uploads.ts";
import { isFileHeld } from "./held_files.ts";
import type { SendStore, StoredSend } from "./send_store.ts";
import type { ChatMessage, QuotedMessage } from "./types.ts";
import { readMessage } from "./wire.ts";

/** Messages that wait, in all conversations. */
const QUEUE_LIMIT = 1_000;

/** A message that ends the connection each time must not be sent for ever. */
const MAX_TRIES = 5;

interface SendsEvents {
  /** The server has stored a message. */
  stored(message: ChatMessage): void;
  /** What waits or has failed in a conversation changed. */
  changed(conversation: number): void;
  /** Who the user is. */
  self(): User;
}

/** What is known of a message beside what is sent. */
export interface Enclosed {
  readonly replyTo?: QuotedMessage | undefined;
  /** The file, where more than its id is known. */
  readonly file?: AttachedFile | undefined;
  /** A file that is to be uploaded first. */
  readonly blob?: Blob | undefined;
}

interface Entry extends StoredSend {
  command: MessageCommand;
  file?: AttachedFile | undefined;
  /** Uploads the file; `undefined` where that is done, or the file is lost. */
  upload: FileUpload | undefined;
  readonly promise: Promise<ChatMessage>;
  readonly resolve: (message: ChatMessage) => void;
  readonly reject: (error: NotifyliError) => void;
  /** It is from before the page was loaded; another tab may have sent it or taken it away since. */
  readonly isRestored: boolean;
  /** It is in the store, unless another tab has taken it away. */
  isKept: boolean;
  error: NotifyliError | undefined;
  tries: number;
  isInFlight: boolean;
}

/** What waits in one conversation, the oldest first. */
interface Queue {
  readonly entries: Set<Entry>;
  readonly retry: Retry;
  isWaiting: boolean;
}

export class Sends {
  readonly #link: Link;
  readonly #store: SendStore;
  readonly #uploader: Uploader;
  readonly #events: SendsEvents;
  readonly #queues = new Map<number, Queue>();

  constructor(
    link: Link,
    { store, uploader }: { readonly store: SendStore; readonly uploader: Uploader },
    events: SendsEvents,
  ) {
    this.#link = link;
    this.#store = store;
    this.#uploader = uploader;
    this.#events = events;
  }

  /**
   * Takes what waits of before the page was loaded, and of tabs that were closed since.
   *
   * @param owner whose messages they are; those of another owner are left
   */
  restore(owner: string | undefined): void {
    const isOther = this.#store.open(owner);
    for (const entry of isOther ? this.#entries : []) {
      if (entry.isRestored) this.#remove(entry); // somebody else's
      else this.#keep(entry);
    }
    this.compare();
    for (const send of this.#store.load()) {
      if (this.#find(send.command.conversation, send.command.id) !== undefined) continue;
      if (send.file?.id === "") void this.#restoreWithoutFile(send, owner);
      else this.#add(send, { isRestored: true });
    }
  }

  /**
   * Takes away what has failed and another tab has taken away. What waits is looked up when its turn comes: another tab may
   * have sent it, and then it comes from the server.
   */
  compare(): void {
    const failed = this.#entries.filter(({ error, isKept }) => error !== undefined && isKept);
    if (failed.length === 0) return;
    const stored = new Set(this.#store.load().map(({ command }) => command.id));
    for (const entry of failed) {
      if (stored.has(entry.command.id)) continue;
      this.#remove(entry);
      this.#changed(entry);
    }
  }

  /** How many files of messages are in memory alone, and wait for the uploads of others. */
  get waitingFiles(): number {
    return this.#entries.filter(({ upload, error }) =>
      upload !== undefined && error === undefined && !upload.isRunning
    ).length;
  }

  /** The messages of a conversation that wait or have failed, the oldest first. */
  of(conversation: number): readonly ChatMessage[] {
    const self = this.#events.self();
    return [...this.#queues.get(conversation)?.entries ?? []].map((entry) => shown(entry, self));
  }

  /** Adds a message. Resolves when the server has stored it. */
  add(command: MessageCommand, { replyTo, blob, ...known }: Enclosed = {}): Promise<ChatMessage> {
    const same = this.#find(command.conversation, command.id);
    if (same !== undefined) return same.promise;
    if (this.#entries.length >= QUEUE_LIMIT) {
      const message = `Cannot send a message: ${QUEUE_LIMIT} are waiting already`;
      return Promise.reject(new NotifyliError("queue_full", message));
    }
    const createdAt = Math.floor(this.#link.clock.now() / 1000);
    const file = blob === undefined ? known.file : factsOf(blob);
    const entry = this.#add({ command, createdAt, replyTo, file }, { blob });
    this.#keep(entry);
    this.#changed(entry);
    return entry.promise;
  }

  /** Sends one again that has failed, after those that wait. */
  retry(conversation: number, id: string): Promise<ChatMessage> {
    const entry = this.#find(conversation, id);
    if (entry?.error === undefined) return entry?.promise ?? Promise.reject(notWaiting(id));
    const { command, replyTo, file, upload } = entry;
    if (file?.id === "" && upload === undefined) return Promise.reject(lostFile(file));
    this.#remove(entry);
    return this.add(command, { replyTo, file, blob: upload?.blob });
  }

  /** Takes one away. One that is on its way may come to be stored all the same. */
  discard(conversation: number, id: string): void {
    const entry = this.#find(conversation, id);
    if (entry === undefined) return;
    entry.reject(new NotifyliError("ended", `The message '${id}' was taken away`));
    entry.upload?.cancel();
    this.#remove(entry);
    this.#changed(entry);
  }

  /** These came from the server: those of them that wait here are stored. */
  settleAll(messages: readonly ChatMessage[]): void {
    for (const message of messages) this.settle(message);
  }

  settle(message: ChatMessage): void {
    const { conversation, ownId, userId } = message;
    if (ownId === undefined || userId !== this.#events.self().userId) return;
    const entry = this.#find(conversation, ownId);
    if (entry === undefined) return;
    this.#remove(entry);
    entry.resolve(message);
    this.#changed(entry);
  }

  /** There is a connection. */
  flush(): void {
    for (const queue of this.#queues.values()) this.#pump(queue);
  }

  /** The connection is gone, and no answer comes any more. */
  interrupt(): void {
    for (const queue of this.#queues.values()) {
      queue.retry.reset();
      queue.isWaiting = false;
      for (const entry of queue.entries) {
        if (entry.isInFlight && entry.tries >= MAX_TRIES) {
          const message = `The connection broke each of ${MAX_TRIES} times the message was sent`;
          this.#fail(entry, new NotifyliError("not_confirmed", message));
        }
        entry.isInFlight = false;
      }
    }
  }

  /** What waits is kept in the store, where there is one. */
  close(): void {
    this.interrupt();
    for (const entry of this.#entries) {
      entry.reject(closedError());
      entry.upload?.release();
    }
    this.#queues.clear();
  }

  get #entries(): Entry[] {
    return [...this.#queues.values()].flatMap(({ entries }) => [...entries]);
  }

  #find(conversation: number, id: string): Entry | undefined {
    const entries = this.#queues.get(conversation)?.entries ?? [];
    return [...entries].find(({ command }) => command.id === id);
  }

  /** Shows a message whose file was not kept as failed, unless another tab has the file. */
  async #restoreWithoutFile(send: StoredSend, owner: string | undefined): Promise<void> {
    const { conversation, id } = send.command;
    if (send.file === undefined || await isFileHeld(id)) return;
    if (!this.#store.isOf(owner) || !this.#store.has(id)) return; // it was sent meanwhile
    if (this.#find(conversation, id) !== undefined) return;
    const { code, message } = lostFile(send.file);
    this.#add({ ...send, failed: { code, message } }, { isRestored: true });
  }

  #add(
    send: StoredSend,
    { isRestored = false, blob }: {
      readonly isRestored?: boolean;
      readonly blob?: Blob | undefined;
    },
  ): Entry {
    const { promise, resolve, reject } = deferred();
    const { failed } = send;
    const error = failed && new NotifyliError(failed.code, failed.message);
    const entry: Entry = {
      ...send,
      ...{ promise, resolve, reject, isRestored, isKept: isRestored, error },
      ...{ upload: undefined, tries: 0, isInFlight: false },
    };
    const { conversation, id } = send.command;
    if (blob !== undefined) entry.upload = new FileUpload(this.#uploader, blob, id);
    const queue = this.#queues.get(conversation) ??
      { entries: new Set(), retry: new Retry(this.#link), isWaiting: false };
    this.#queues.set(conversation, queue);
    queue.entries.add(entry);
    if (isRestored) this.#events.changed(conversation);
    return entry;
  }

  /** Sends the oldest that has not failed. */
  #pump(queue: Queue): void {
    if (!this.#link.online || queue.isWaiting) return;
    const entry = [...queue.entries].find(({ error }) => error === undefined);
    if (entry === undefined || entry.isInFlight || entry.upload?.isRunning) return;
    if (entry.upload !== undefined) return void this.#upload(queue, entry, entry.upload);
    const { command, isRestored } = entry;
    if (isRestored && !this.#store.has(command.id)) {
      this.#remove(entry); // another tab has sent it, or taken it away
      return this.#changed(entry);
    }
    entry.tries++;
    entry.isInFlight = true;
    this.#link.request(command, (reply) => {
      entry.isInFlight = false;
      const answer = readReply(reply, ({ message }) => readMessage(message));
      if (!(answer instanceof NotifyliError)) this.#stored(entry, answer);
      else if (answer.temporary) this.#later(queue, entry);
      else {
        this.#fail(entry, answer);
        this.#pump(queue);
      }
    });
  }

  async #upload(queue: Queue, entry: Entry, upload: FileUpload): Promise<void> {
    const { command } = entry;
    const stored = await upload.run(() => {
      if (this.#has(entry)) this.#events.changed(command.conversation);
    });
    if (!this.#has(entry)) return;
    if (!(stored instanceof NotifyliError)) {
      upload.release();
      entry.upload = undefined;
      entry.file = stored;
      entry.command = { ...command, file: stored.id, kind: command.kind ?? kindOf(stored) };
      this.#keep(entry);
      this.#changed(entry);
    } else {
      if (stored.code !== "stopped") this.#fail(entry, stored); // else it waits as all others do
      this.#pump(queue);
    }
  }

  #stored(entry: Entry, message: ChatMessage): void {
    this.#queues.get(entry.command.conversation)?.retry.reset();
    if (this.#has(entry)) this.#events.stored(message);
    if (!this.#has(entry)) return; // whoever shows it has taken it
    this.#remove(entry);
    entry.resolve(message);
    this.#changed(entry);
  }

  /** The server cannot now. The ones behind wait as well, so that their order stays. */
  #later(queue: Queue, entry: Entry): void {
    entry.tries = 0;
    queue.isWaiting = true;
    queue.retry.later(() => {
      queue.isWaiting = false;
      this.#pump(queue);
    });
  }

  #fail(entry: Entry, error: NotifyliError): void {
    if (!this.#has(entry)) return;
    entry.error = error;
    this.#keep(entry);
    entry.reject(error);
    this.#changed(entry);
  }

  #has(entry: Entry): boolean {
    return this.#queues.get(entry.command.conversation)?.entries.has(entry) === true;
  }

  #keep(entry: Entry): void {
    const { command, createdAt, replyTo, file, error } = entry;
    const failed = error && { code: error.code, message: error.message };
    entry.isKept = this.#store.put({ command, createdAt, replyTo, file, failed });
  }

  #remove(entry: Entry): void {
    const { conversation, id } = entry.command;
    entry.upload?.release();
    this.#queues.get(conversation)?.entries.delete(entry);
    this.#store.remove(id);
  }

  #changed({ command: { conversation } }: Entry): void {
    this.#events.changed(conversation);
    const queue = this.#queues.get(conversation);
    if (queue === undefined) return;
    this.#pump(queue);
    if (queue.entries.size === 0) this.#queues.delete(conversation);
  }
}

function shown(entry: Entry, self: User): ChatMessage {
  const { command, createdAt, replyTo, error, upload } = entry;
  const { id, conversation, text = "", data, kind, mentions = [] } = command;
  const file = entry.file && upload
    ? { ...entry.file, blob: upload.blob }
    : entry.file ?? (command.file === undefined ? undefined : { id: command.file });
  return {
    ...{ key: id, id: 0, conversation, offset: 0, changed: 0, ...self, text, ownId: id, createdAt },
    kind: kind ?? (entry.file && kindOf(entry.file)) ?? (file === undefined ? "text" : "file"),
    ...(data === undefined ? {} : { data }),
    ...(file === undefined ? {} : { file }),
    ...(upload === undefined ? {} : { progress: upload.progress }),
    ...(replyTo === undefined ? {} : { replyTo }),
    mentions: mentions.map(String),
    deleted: false,
    reactions: [],
    ...(error === undefined ? { status: "pending" } : { status: "failed", error }),
  };
}

/** The kind of a message that does not say it. */
function kindOf({ type = "" }: AttachedFile): "image" | "file" {
  return type.startsWith("image/") ? "image" : "file";
}

function notWaiting(id: string): NotifyliError {
  return new NotifyliError("ended", `No message '${id}' waits to be sent`);
}

/** A promise that may be ignored: the list shows what became of the message, too. */
function deferred() {
  let resolve!: (message: ChatMessage) => void;
  let reject!: (error: NotifyliError) => void;
  const promise = new Promise<ChatMessage>((yes, no) => void (resolve = yes, reject = no));
  promise.catch(() => {});
  return { promise, resolve, reject };
}
