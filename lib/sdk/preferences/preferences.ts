/** The user's preferences, as they are on all devices of the user. Nothing is asked of the server before the first use. */
import { NotifyliError } from "../core/errors.ts";
import { Emitter, type Handler } from "../core/events.ts";
import type { JsonObject } from "../core/frames.ts";
import type { Part } from "../core/part.ts";
import { type Link, readReply } from "../core/requests.ts";
import { Retry } from "../core/retry.ts";
import type { Change, PreferenceChoices, PreferencesEvents, UserPreferences } from "./types.ts";
import { preferencesOnWire, readPreferences } from "./wire.ts";

export class Preferences implements Part {
  readonly #link: Link;
  readonly #events: Emitter<PreferencesEvents>;
  readonly #onError: (error: NotifyliError) => void;
  readonly #retry: Retry;
  #value: UserPreferences | undefined;
  #isActive = false;

  /** Programs read `client.preferences` instead. */
  constructor(link: Link, onError: (error: NotifyliError) => void) {
    this.#link = link;
    this.#events = new Emitter(onError);
    this.#onError = onError;
    this.#retry = new Retry(link);
  }

  /** What the user has chosen, and what comes of it; `undefined` until the server has said it. */
  get value(): UserPreferences | undefined {
    return this.#value;
  }

  /** Calls `handler` with the preferences whenever they were read or changed, until the function it returns is called. */
  on<E extends keyof PreferencesEvents>(
    event: E,
    handler: Handler<PreferencesEvents[E]>,
  ): () => void {
    return this.#events.on(event, handler);
  }

  /**
   * Changes what is named: `null` takes something out, and the rest stays as it is. Resolves when the server has taken it;
   * while there is no connection, it waits.
   *
   * Rejects with a `NotifyliError`: one from the server, `queue_full`, `stopped` or `closed`.
   *
   * @example
   * ```ts ignore
   * await client.preferences.change({ kinds: { news: { push: false } }, muteUntil: "2h" });
   * ```
   */
  async change(change: Change<PreferenceChoices>): Promise<UserPreferences> {
    return await this.#send({ type: "change_preferences", ...preferencesOnWire(change) });
  }

  /**
   * Sets all that the user chooses: what is not named is chosen no more.
   *
   * Rejects as `change()` does, and with `conflict` where `ifVersion` is not the version of now.
   *
   * @param options.ifVersion the version that the choices were made from
   */
  async set(
    choices: PreferenceChoices,
    { ifVersion }: { readonly ifVersion?: number } = {},
  ): Promise<UserPreferences> {
    // What was read has more than choices, and may be given back as it is.
    const { kinds, topics, muteUntil, quietHours, timeZone } = choices;
    return await this.#send({
      type: "set_preferences",
      ...preferencesOnWire({ kinds, topics, muteUntil, quietHours, timeZone }),
      ...(ifVersion === undefined ? {} : { version: ifVersion }),
    });
  }

  /** The client calls this when an application uses the preferences. */
  activate(): void {
    if (this.#isActive) return;
    this.#isActive = true;
    this.#load();
  }

  /** The client calls this and the next three. */
  connected(): void {
    if (this.#isActive) this.#load();
  }

  interrupt(): void {
    this.#retry.reset();
  }

  close(): void {
    this.#retry.reset();
  }

  /** They were changed on another device. */
  receive(fields: JsonObject): void {
    if (!this.#isActive) return;
    try {
      this.#take(readPreferences(fields));
    } catch (error) {
      if (!(error instanceof NotifyliError)) throw error;
      this.#onError(error);
    }
  }

  #load(): void {
    if (!this.#link.online) return;
    this.#link.request({ type: "preferences" }, (reply) => {
      const read = readReply(reply, readPreferences);
      if (!(read instanceof NotifyliError)) {
        this.#retry.reset();
        return this.#show(read);
      }
      if (read.temporary) return this.#retry.later(() => this.#load());
      this.#onError(read);
    });
  }

  async #send(command: { type: "set_preferences" | "change_preferences" }) {
    const preferences = readPreferences(await this.#link.enqueue(command));
    this.#take(preferences);
    return preferences;
  }

  /** What comes late is older than what is known. */
  #take(preferences: UserPreferences): void {
    if (preferences.version >= (this.#value?.version ?? 0)) this.#show(preferences);
  }

  #show({ type: _, ...preferences }: UserPreferences & { readonly type?: unknown }): void {
    this.#value = preferences;
    this.#events.emit("changed", preferences);
  }
}
