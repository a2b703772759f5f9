/** Connection hooks: what capabilities do as connections come and go. Webhooks are in `lib/hooks/`. */
import type { UserId } from "../base/fields.ts";
import type { Connection } from "./connection.ts";

/** A capability's hooks, each optional. Hooks are called in the order of the list of features. */
export interface ConnectionHooks {
  /** A new connection takes part from now on. */
  opened?(connection: Connection): void;
  /** The client says who it is, for the first time or after it was a guest. The hook throws if nobody may be this user. */
  identifying?(connection: Connection, user: UserId): void;
  /** The connection is this user's from now on, and can be given what is for that user. */
  identified?(connection: Connection, user: UserId): void;
  /**
   * The connection was a guest until now, and is another user. Resolves when what the capability had of the guest is the
   * user's. Never rejects.
   */
  changed?(connection: Connection, before: UserId): Promise<void>;
  /** The server is about to close the connection. What is sent now still goes out. */
  closing?(connection: Connection): void;
  /** The connection is gone. Each capability takes it out of the channels here to which it has subscribed it. */
  closed?(connection: Connection): void;
}

/** The hooks of all capabilities. */
export class AllHooks {
  readonly #opened: ((connection: Connection) => void)[] = [];
  readonly #identifying: ((connection: Connection, user: UserId) => void)[] = [];
  readonly #identified: ((connection: Connection, user: UserId) => void)[] = [];
  readonly #changed: ((connection: Connection, before: UserId) => Promise<void> | undefined)[] = [];
  readonly #closing: ((connection: Connection) => void)[] = [];
  readonly #closed: ((connection: Connection) => void)[] = [];

  add(hooks: ConnectionHooks): void {
    if (hooks.opened) this.#opened.push((connection) => hooks.opened?.(connection));
    if (hooks.identifying) this.#identifying.push((...given) => hooks.identifying?.(...given));
    if (hooks.identified) this.#identified.push((...given) => hooks.identified?.(...given));
    if (hooks.changed) this.#changed.push((...given) => hooks.changed?.(...given));
    if (hooks.closing) this.#closing.push((connection) => hooks.closing?.(connection));
    if (hooks.closed) this.#closed.push((connection) => hooks.closed?.(connection));
  }

  opened(connection: Connection): void {
    for (const each of this.#opened) each(connection);
  }

  identifying(connection: Connection, user: UserId): void {
    for (const each of this.#identifying) each(connection, user);
  }

  identified(connection: Connection, user: UserId): void {
    for (const each of this.#identified) each(connection, user);
  }

  async changed(connection: Connection, before: UserId): Promise<void> {
    await Promise.all(this.#changed.map((each) => each(connection, before)));
  }

  closing(connection: Connection): void {
    for (const each of this.#closing) each(connection);
  }

  closed(connection: Connection): void {
    for (const each of this.#closed) each(connection);
  }
}
