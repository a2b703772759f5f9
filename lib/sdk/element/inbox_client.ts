/**
 * A client that has notifications and preferences, and nothing else: it takes a third of the whole library's bytes, so that
 * a page which shows an inbox alone has no more to load.
 */
import type { Client } from "../client.ts";
import type { ClientEvents } from "../client_events.ts";
import { fileUrl } from "../core/addresses.ts";
import { Emitter, type Handler, throwLater } from "../core/events.ts";
import type { NotifyliError } from "../core/errors.ts";
import type { ResolvedOptions } from "../core/options.ts";
import type { Part } from "../core/part.ts";
import type { State } from "../core/server_connection.ts";
import { Session, type SessionFrame } from "../core/session.ts";
import type { AttachedFile } from "../core/types.ts";
import type { FileUrlOptions } from "../files/types.ts";
import { Notifications } from "../inbox/notifications.ts";
import { PositionStore } from "../inbox/position_store.ts";
import { Preferences } from "../preferences/preferences.ts";

/** What the element takes of a client; that of the whole library has it, too. */
export type InboxSource = Pick<
  Client,
  "state" | "on" | "notifications" | "preferences" | "reconnect" | "fileUrl" | "close"
>;

export class InboxClient implements InboxSource {
  readonly notifications: Notifications;
  readonly #events = new Emitter<ClientEvents>((error) => this.#fail(error));
  readonly #preferences: Preferences;
  readonly #parts: readonly Part[];
  readonly #session: Session;
  readonly #url: string;

  constructor(options: ResolvedOptions) {
    this.#url = options.urls[0] ?? "";
    this.#session = new Session(options, {
      position: () => this.notifications.position,
      connected: (connected) => this.#parts.forEach((part) => part.connected(connected)),
      received: (frame) => this.#receive(frame),
      interrupted: () => this.#parts.forEach((part) => part.interrupt()),
      changed: (state) => void this.#events.emit("state", state),
      failed: (error) => this.#fail(error),
    });
    const { link } = this.#session;
    const store = new PositionStore(options.storage, this.#url, options.userId);
    this.notifications = new Notifications(link, store, {
      notification: (notification) => this.#events.emit("notification", notification),
      changed: (notification) => void this.#events.emit("notificationChanged", notification),
      unread: (unread) => this.#events.emit("unread", unread),
      gap: (gap) => this.#events.emit("gap", gap),
      failed: (error) => this.#fail(error),
    });
    this.#preferences = new Preferences(link, (error) => this.#fail(error));
    this.#parts = [this.notifications, this.#preferences];
    this.#session.connect();
  }

  get state(): State {
    return this.#session.state;
  }

  /** They are asked for when this is first read. */
  get preferences(): Preferences {
    this.#preferences.activate();
    return this.#preferences;
  }

  on<E extends keyof ClientEvents>(event: E, handler: Handler<ClientEvents[E]>): () => void {
    return this.#events.on(event, handler);
  }

  fileUrl(file: AttachedFile | string, options?: FileUrlOptions): string {
    const { state } = this;
    const url = "url" in state ? state.url : this.#url;
    return fileUrl(url, typeof file === "string" ? file : file.url, options);
  }

  reconnect(): void {
    this.#session.connect();
  }

  close(): void {
    for (const part of this.#parts) part.close();
    this.#session.close();
  }

  #receive(frame: SessionFrame): void {
    if (frame.type === "direct_message") this.notifications.receive(frame.publication);
    else if (frame.type === "preferences") this.#preferences.receive(frame.fields);
    else if (frame.type === "inbox") {
      const { change } = frame;
      this.notifications.change(change, () => this.#events.emit("inbox", change));
    }
  }

  #fail(error: NotifyliError): void {
    if (this.#events.emit("error", error)) return;
    if (error.code === "handler_failed") throwLater(error);
    else console.warn(`notifyli: ${error.message} (${error.code})`);
  }
}
