/**
 * The server as a library: a program makes rooms, hears what happens, decides who comes in, and speaks, in its own process.
 *
 * @example
 * ```ts ignore
 * import { NotifyliServer } from "@notifyli/notifyli/server";
 *
 * const server = new NotifyliServer({ port: 8080 });
 * await server.createChannel("general", { maxClients: 500, persistent: true });
 * server.on("room.join", ({ name }) => void server.broadcast(`${name} came in`, "general"), "general");
 * await server.start();
 * ```
 */
import { getConfig } from "@logtape/logtape";
import { logFor } from "../base/log.ts";
import { siteField } from "../auth/keys/fields.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { reasonOf } from "../base/reason.ts";
import { VERSION } from "../base/version.ts";
import type { Config } from "../configuration.ts";
import { AppEvents, type EventHandler } from "../hooks/events/app_events.ts";
import { EVENT_NAMES } from "../hooks/events/event.ts";
import { type Choice, eventsLike } from "../hooks/events/selection.ts";
import { Sendings } from "../inbox/sendings.ts";
import { startError } from "../base/start_failure.ts";
import { configureLogging } from "../log/logging.ts";
import { MadeRooms } from "../rooms/made/made_rooms.ts";
import { Server, type Using } from "../server.ts";
import { Publications } from "../ways/publications.ts";
import { askerOf, type Authenticator } from "./authenticator.ts";
import { type ChannelOptions, putChannel } from "./channels.ts";
import { handlerOf, type ServerHandler } from "./handlers.ts";
import { Lifecycle } from "./lifecycle.ts";
import { ProgramSettings, type ServerOptions } from "./settings.ts";
import type { Broadcast, Notice, Recipients } from "./speech.ts";

export type { Authenticator, Credentials, KnownUser } from "./authenticator.ts";
export type { ChannelOptions } from "./channels.ts";
export type { ServerConnection, ServerEvent, ServerHandler } from "./handlers.ts";
export type { ServerOptions, Settings } from "./settings.ts";
export type { Broadcast, Notice, Recipients } from "./speech.ts";

const log = logFor("library");

/** A server that runs. */
interface Started {
  readonly server: Server;
  readonly config: Config;
}

/** What a handler is wanted for. */
interface Wanted {
  readonly handler: EventHandler;
  readonly choice: Choice;
  listening: Disposable | undefined;
}

type Channel = readonly [name: string, options: ChannelOptions];

export class NotifyliServer implements AsyncDisposable {
  readonly #settings: ProgramSettings;
  readonly #log: boolean | undefined;
  /** What was made before the start. */
  #channels: Channel[] = [];
  readonly #wanted = new Set<Wanted>();
  #authenticator: Authenticator | undefined;
  #started: Started | undefined;
  /** The services of the server that starts or runs, once its rooms are made and its handlers listen. */
  #using: Using | undefined;
  readonly #life = new Lifecycle();
  #isStopping = false;

  constructor(options: ServerOptions = {}) {
    this.#settings = new ProgramSettings(options);
    this.#log = options.log;
  }

  /** The address that the server listens on, such as `http://127.0.0.1:7000`. Throws a `TypeError` where it does not run. */
  get url(): string {
    return this.#running.server.url;
  }

  /** The port that the server listens on. Throws a `TypeError` where it does not run. */
  get port(): number {
    return this.#running.server.port;
  }

  /**
   * Resolves with the reason if the server accepts no connection any more, and cannot begin again: stop it then, and start
   * it anew or end the program. Throws a `TypeError` where it does not run.
   */
  get failed(): Promise<string> {
    return this.#running.server.failed;
  }

  /**
   * Says what holds for a room, or by a `*` in the name for all rooms that are named so. It is stored, and counts on all
   * nodes and over restarts until {@linkcode NotifyliServer.deleteChannel}. Before the start it is remembered, and `start`
   * rejects where it cannot be; after that, resolves once it is stored.
   */
  async createChannel(name: string, options: ChannelOptions = {}): Promise<void> {
    if (this.#using === undefined) this.#channels.push([name, options]);
    else await putChannel(this.#using(MadeRooms), name, options);
  }

  /** Takes back what {@linkcode NotifyliServer.createChannel} said: what holds for other rooms holds for this one, too. */
  async deleteChannel(name: string, site: string = DEFAULT_SITE): Promise<void> {
    const key = { site: siteField({ site }), pattern: name };
    const isOther = ([other, { site = DEFAULT_SITE }]: Channel) =>
      other !== name || site !== key.site;
    await this.#running.server.use(MadeRooms).delete(key);
    this.#channels = this.#channels.filter(isOther); // the next start is not to make it again
  }

  /**
   * Calls the handler for what this server sees happen, until the function it returns is called. With several servers, each
   * calls its own handlers for its own connections.
   *
   * @param event a name such as `message.received`, or a pattern such as `room.*`
   * @param room only what happens there; `*` stands for any text
   * @throws {TypeError} where there is no such event
   */
  on(event: string, handler: ServerHandler, room?: string): () => void {
    if (eventsLike(event).length === 0) {
      const all = EVENT_NAMES.join(", ");
      throw new TypeError(`Cannot hear ${JSON.stringify(event)}: the events are ${all}`);
    }
    const wanted: Wanted = {
      handler: handlerOf(handler, noteFailure),
      choice: { events: [event], rooms: room === undefined ? undefined : [room] },
      listening: undefined,
    };
    this.#wanted.add(wanted);
    if (this.#using !== undefined) listenFor(wanted, this.#using(AppEvents));
    return () => {
      this.#wanted.delete(wanted);
      wanted.listening?.[Symbol.dispose]();
    };
  }

  /**
   * Has the function say who clients are, by the `credentials` that they send. A server with one takes nobody at their word.
   *
   * @throws {TypeError} where the server runs: that would turn an open server into a closed one
   */
  setAuthenticator(authenticator: Authenticator): this {
    this.#requireStopped("setAuthenticator");
    this.#authenticator = authenticator;
    return this;
  }

  /** How many connections there may be (`APP_LIMIT_CONNECTIONS`). @throws {TypeError} where the server runs */
  setMaxClients(count: number): this {
    this.#requireStopped("setMaxClients");
    this.#settings.set("APP_LIMIT_CONNECTIONS", count);
    return this;
  }

  /** After how many seconds a silent client is pinged (`APP_KEEPALIVE_SECONDS`). @throws {TypeError} where the server runs */
  setPingInterval(seconds: number): this {
    this.#requireStopped("setPingInterval");
    this.#settings.set("APP_KEEPALIVE_SECONDS", seconds);
    return this;
  }

  /** Writes a log at debug level (`APP_DEBUG`). @throws {TypeError} where the server runs */
  enableDebug(): this {
    this.#requireStopped("enableDebug");
    this.#settings.set("APP_DEBUG", true);
    return this;
  }

  /** Says something to all in a room. Resolves with the message's id; rejects with an error that has a `code`, and a `field` where one is wrong. */
  async broadcast(message: string | Broadcast, room: string): Promise<string> {
    const { userId, ...said } = typeof message === "string" ? { message } : message;
    const fields = { ...said, user_id: userId, room };
    const { id = "" } = await this.#running.server.use(Publications).publish(fields);
    return id;
  }

  /** Publishes in a topic to those whose filters match. Resolves with the publication's id. */
  async publishTopic(
    topic: string,
    data: Readonly<Record<string, unknown>>,
    { id, site }: { readonly id?: string; readonly site?: string } = {},
  ): Promise<string> {
    const published = await this.#running.server.use(Publications).publish({
      topic,
      data,
      id,
      site,
    });
    return published.id ?? "";
  }

  /** Sends a notification, which waits for the user. Resolves with its id once it is stored. */
  async notify(userId: number | string, message: string | Notice): Promise<string> {
    const { server } = this.#running;
    const { site = DEFAULT_SITE, ...said } = typeof message === "string" ? { message } : message;
    const sendings = server.use(Sendings);
    const parsed = sendings.parse({ ...said, user_id: userId });
    return (await sendings.take(parsed, { site: siteField({ site }) })).id;
  }

  /**
   * Sends a notification to many users, who get it one after the other from then on. Resolves with its id, which each of theirs
   * has, once it is stored as a whole.
   *
   * @param to users, the followers of a topic, or everyone who has ever connected
   */
  async notifyMany(to: Recipients, message: string | Notice): Promise<string> {
    const { server } = this.#running;
    const { site = DEFAULT_SITE, ...said } = typeof message === "string" ? { message } : message;
    const sendings = server.use(Sendings);
    const audience = "userIds" in to ? { user_ids: to.userIds } : to;
    const parsed = sendings.parse({ ...said, ...audience });
    return (await sendings.take(parsed, { site: siteField({ site }) })).id;
  }

  /**
   * Starts the server, once it has stopped where it is about to. Rejects with an error that says what is wrong with a
   * setting or a channel, where the store cannot be opened, or where the address is taken; nothing is held then.
   */
  async start(): Promise<void> {
    this.#requireStopped("start");
    await this.#life.start(() => this.#start());
  }

  /**
   * Gives its clients to others over `APP_DRAIN_SECONDS`, where that is set: meanwhile the server serves them, and the program
   * may speak. Then tells all that are left to come back, writes what is left to write, and stops. One that is about to start
   * is stopped as soon as it has. The server may be started again.
   */
  async stop(): Promise<void> {
    await this.#life.stop(() => this.#stop());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get #running(): Started {
    if (this.#started !== undefined) return this.#started;
    throw new TypeError("Cannot do this before the server is started, or after it was stopped");
  }

  #requireStopped(call: string): void {
    const isRunning = this.#started !== undefined && !this.#isStopping;
    if (!isRunning && !this.#life.isStarting) return;
    throw new TypeError(`Cannot call ${call}() while the server runs: call it before start()`);
  }

  async #start(): Promise<void> {
    const { config, warnings, settings } = this.#settings.read();
    if (this.#log ?? getConfig() === null) configureLogging(config.log);
    for (const warning of warnings) log.warn("{warning}", { warning });
    try {
      const server = await Server.start(config, {
        settings,
        asker: this.#authenticator && askerOf(this.#authenticator),
        prepare: (use) => this.#prepare(use),
      });
      this.#started = { server, config };
    } catch (error) {
      this.#forgetParts();
      throw startError(error, config.listeners);
    }
    const { server } = this.#started;
    log.info("notifyli {version} listens on {url}", { version: VERSION, url: server.url });
    void server.failed.then((reason) =>
      log.error("accepts no connection any more: {reason}", { reason })
    );
    void server.drained.then(() => {
      if (this.#started?.server === server) return this.stop();
    });
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    try {
      await this.#started?.server.stop();
    } finally {
      this.#isStopping = false;
      this.#started = undefined;
      this.#forgetParts();
    }
  }

  /** Makes the rooms and has the handlers listen before the first client comes. */
  async #prepare(use: Using): Promise<void> {
    const rooms = use(MadeRooms);
    for (const [name, options] of this.#channels) await putChannel(rooms, name, options);
    const events = use(AppEvents);
    for (const wanted of this.#wanted) listenFor(wanted, events);
    this.#using = use;
  }

  #forgetParts(): void {
    this.#using = undefined;
    for (const wanted of this.#wanted) wanted.listening = undefined;
  }
}

function listenFor(wanted: Wanted, events: AppEvents): void {
  wanted.listening = events.listen(wanted.handler, wanted.choice);
}

function noteFailure(event: string, error: unknown): void {
  log.error("a handler of {event} failed: {reason}", { event, reason: reasonOf(error) });
}
