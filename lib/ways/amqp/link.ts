/** One connection to RabbitMQ: made within a time, ended within a time, and gone where the other end is silent. */
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from "amqplib";
import { pause } from "../../base/clock.ts";
import { wordsOf } from "./reasons.ts";
import type { AmqpConfig } from "./settings.ts";
import { tlsTexts } from "./tls_files.ts";

/** How long RabbitMQ may be silent while a connection is made. */
const CONNECT_TIMEOUT_MS = 5000;

/** How long RabbitMQ has to close its end. */
const END_WAIT_MS = 1000;

export class AmqpLink implements AsyncDisposable {
  readonly #connection: ChannelModel;
  /** Aborting it destroys the socket. */
  readonly #socket: AbortController;
  readonly #gone = Promise.withResolvers<string>();

  private constructor(connection: ChannelModel, socket: AbortController) {
    this.#connection = connection;
    this.#socket = socket;
    connection.on("error", () => {}); // `close` comes with the same error
    connection.on("close", (error) => {
      this.#gone.resolve(error === undefined ? "the connection was closed" : wordsOf(error));
    });
  }

  /** @param name of the connection, as RabbitMQ lists it. Rejects where it cannot be made, or `signal` aborts before. */
  static async connect(
    config: AmqpConfig,
    { name, signal }: { name: string; signal: AbortSignal },
  ): Promise<AmqpLink> {
    const socket = new AbortController();
    const giveUp = () => socket.abort();
    signal.addEventListener("abort", giveUp);
    try {
      signal.throwIfAborted();
      const connection = await connect({
        protocol: config.tls ? "amqps" : "amqp",
        hostname: config.host,
        port: config.port,
        username: config.username,
        password: config.password,
        vhost: encodeURIComponent(config.vhost),
        heartbeat: config.heartbeatSeconds,
      }, {
        ...tlsTexts(config),
        timeout: CONNECT_TIMEOUT_MS,
        noDelay: true,
        keepAlive: true,
        clientProperties: { product: "notifyli", connection_name: name },
        ...{ signal: socket.signal }, // an option of `node:net`, whose type the library does not know
      });
      return new AmqpLink(connection, socket);
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** Resolves with the reason when the connection is gone. */
  get gone(): Promise<string> {
    return this.#gone.promise;
  }

  /** Opens a channel. One that RabbitMQ closes is told by its `close` event. */
  async channel(): Promise<Channel> {
    return quiet(await this.#connection.createChannel());
  }

  /** Opens a channel on which RabbitMQ confirms what it has taken. */
  async confirmChannel(): Promise<ConfirmChannel> {
    return quiet(await this.#connection.createConfirmChannel());
  }

  /** Is told when RabbitMQ takes nothing for now, since its memory or disk is full, and when it does again. */
  onBlocked(blocked: (reason: string | undefined) => void): void {
    this.#connection.on("blocked", blocked);
    this.#connection.on("unblocked", () => blocked(undefined));
  }

  /** Ends the connection at once: what was not confirmed on it fails. */
  destroy(): void {
    this.#socket.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new AbortController();
    void this.gone.then(() => ended.abort());
    this.#connection.close().catch(() => {}); // it is closed already
    await pause(END_WAIT_MS, ended.signal);
    this.#socket.abort();
  }
}

/** Without a listener an error of the channel would end the program; whoever called it is told, too. */
function quiet<Each extends Channel>(channel: Each): Each {
  channel.on("error", () => {});
  return channel;
}
