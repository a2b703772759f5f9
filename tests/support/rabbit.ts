/** Runs a RabbitMQ of the test's own, on free ports, with its data in a temporary folder; and puts entries into queues. */
import {
  type ChannelModel,
  type ConfirmChannel,
  connect,
  type GetMessage,
  type Options,
} from "amqplib";
import { Certificate } from "./certificate.ts";
import { freePort } from "./free_port.ts";
import { waitFor } from "./wait.ts";

const NODE = "rabbit@localhost";
const COOKIE = "tests";

const SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/** The queue's arguments, as documented. */
const DECLARED = { durable: true, arguments: { "x-single-active-consumer": true } };

export class Rabbit implements AsyncDisposable {
  readonly port = freePort();
  readonly #tlsPort = freePort();
  /** RabbitMQ's own, made by no known authority. */
  readonly certificate: Certificate;
  readonly #epmdPort = freePort();
  readonly #distributionPort = freePort();
  readonly #folder: string;
  /** Tells Erlang's programs where nodes are. Without one of the test's own, RabbitMQ would leave one behind. */
  readonly #epmd: Deno.ChildProcess;
  #child: Deno.ChildProcess | undefined;

  private constructor(folder: string, certificate: Certificate) {
    this.#folder = folder;
    this.certificate = certificate;
    this.#epmd = inGroup(["epmd", "-address", "127.0.0.1", "-port", String(this.#epmdPort)]);
  }

  static async start(): Promise<Rabbit> {
    const rabbit = new Rabbit(await Deno.makeTempDir(), await Certificate.make());
    try {
      await rabbit.#run();
      await rabbit.answers();
      return rabbit;
    } catch (error) {
      await rabbit[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return this.urlAt(this.port);
  }

  /** With TLS. */
  get tlsUrl(): string {
    return `amqps://guest:guest@127.0.0.1:${this.#tlsPort}`;
  }

  urlAt(port: number): string {
    return `amqp://guest:guest@127.0.0.1:${port}`;
  }

  /** Resolves when RabbitMQ answers. */
  async answers(): Promise<void> {
    await waitFor("RabbitMQ answers", async () => {
      await (await connect(this.url)).close();
      return true;
    });
  }

  /** Kills RabbitMQ. It starts anew, on the same port and with what it has on its disk. */
  async kill(): Promise<void> {
    Deno.kill(Number(await Deno.readTextFile(`${this.#folder}/pid`)), "SIGKILL");
  }

  /** How many entries of a queue are not acknowledged, whether they were handed out or not. */
  async left(queue: string): Promise<number> {
    const answer = await this.#evaluate(
      `{ok, Q} = rabbit_amqqueue:lookup({resource, <<"/">>, queue, <<"${queue}">>}), ` +
        "[{messages, N}] = rabbit_amqqueue:info(Q, [messages]), N.",
    );
    return Number(/\d+/.exec(answer)?.[0]);
  }

  /** Has RabbitMQ take its memory for full, so that it reads nothing from those that publish; or for free again. */
  async setFull(isFull: boolean): Promise<void> {
    const part = isFull ? "0.0000001" : "0.4";
    await this.#evaluate(`vm_memory_monitor:set_vm_memory_high_watermark(${part}).`);
    const alarms = async () => (await this.#evaluate("rabbit_alarm:get_alarms().")) !== "[]";
    await waitFor("RabbitMQ knows", async () => await alarms() === isFull);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.#child, this.#epmd]) {
      if (child === undefined) continue;
      Deno.kill(-child.pid, "SIGKILL"); // with all that it has started
      await child.status;
    }
    await Deno.remove(this.#folder, { recursive: true });
    await this.certificate[Symbol.asyncDispose]();
  }

  /** Has RabbitMQ evaluate an expression of Erlang. */
  async #evaluate(expression: string): Promise<string> {
    const child = new Deno.Command("erl_call", {
      args: ["-c", COOKIE, "-n", NODE, "-e"],
      env: this.#env,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const input = child.stdin.getWriter();
    await input.write(new TextEncoder().encode(`${expression}\n`));
    await input.close();
    const { stdout } = await child.output();
    const answer = new TextDecoder().decode(stdout);
    if (!answer.startsWith("{ok, ")) throw new Error(`RabbitMQ answers: ${answer}`);
    return answer.slice("{ok, ".length, -1);
  }

  async #run(): Promise<void> {
    const { cert, key } = this.certificate;
    const lines = [
      `listeners.tcp.1 = 127.0.0.1:${this.port}`,
      `listeners.ssl.1 = 127.0.0.1:${this.#tlsPort}`,
      ...[`ssl_options.certfile = ${cert}`, `ssl_options.keyfile = ${key}`],
      "loopback_users = none",
    ];
    await Deno.writeTextFile(`${this.#folder}/rabbitmq.conf`, lines.join("\n"));
    await Deno.writeTextFile(`${this.#folder}/plugins`, "[].");
    this.#child = inGroup(["sh", "-c", `while :; do ${SERVER}; done`], this.#env);
  }

  get #env(): Record<string, string> {
    const local = "-kernel inet_dist_use_interface {127,0,0,1}";
    return {
      HOME: this.#folder,
      ERL_EPMD_ADDRESS: "127.0.0.1",
      ERL_EPMD_PORT: String(this.#epmdPort),
      RABBITMQ_CONFIG_FILE: `${this.#folder}/rabbitmq`,
      RABBITMQ_DIST_PORT: String(this.#distributionPort),
      RABBITMQ_ENABLED_PLUGINS_FILE: `${this.#folder}/plugins`,
      RABBITMQ_LOG_BASE: `${this.#folder}/log`,
      RABBITMQ_MNESIA_BASE: `${this.#folder}/mnesia`,
      RABBITMQ_NODENAME: NODE,
      RABBITMQ_PID_FILE: `${this.#folder}/pid`,
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `+S 1:1 -setcookie ${COOKIE} ${local}`,
    };
  }
}

/** Runs a program in a process group of its own. */
function inGroup(command: readonly string[], env: Record<string, string> = {}): Deno.ChildProcess {
  return new Deno.Command("setsid", {
    args: [...command],
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

export type Properties = Options.Publish;

/** A program that puts entries into one queue, each confirmed by RabbitMQ, and looks at what is in queues. */
export class RabbitSender implements AsyncDisposable {
  readonly #connection: ChannelModel;
  readonly #channel: ConfirmChannel;
  readonly #queue: string;

  private constructor(connection: ChannelModel, channel: ConfirmChannel, queue: string) {
    this.#connection = connection;
    this.#channel = channel;
    this.#queue = queue;
  }

  static async open(url: string, queue: string): Promise<RabbitSender> {
    const connection = await connect(url);
    connection.on("error", () => {}); // whoever waits for a confirmation is told
    const channel = await connection.createConfirmChannel();
    channel.on("error", () => {});
    await channel.assertQueue(queue, DECLARED);
    return new RabbitSender(connection, channel, queue);
  }

  /** Resolves when RabbitMQ has the entry on its disk. A body that is neither text nor bytes is JSON. */
  async send(body: unknown, properties: Properties = {}): Promise<void> {
    const isPlain = typeof body === "string" || body instanceof Uint8Array;
    const content = Buffer.from(isPlain ? body : JSON.stringify(body));
    const confirmed = Promise.withResolvers<void>();
    const options = { persistent: true, ...properties };
    this.#channel.sendToQueue(this.#queue, content, options, (error) => {
      if (error) confirmed.reject(error);
      else confirmed.resolve();
    });
    await confirmed.promise;
  }

  /** How many entries wait to be handed out; those that a node has are not counted. */
  async waiting(): Promise<number> {
    return (await this.#channel.checkQueue(this.#queue)).messageCount;
  }

  /** Takes what was put aside, up to now. */
  async dead(queue = `${this.#queue}.dead`): Promise<GetMessage[]> {
    const all: GetMessage[] = [];
    for (;;) {
      const message = await this.#channel.get(queue, { noAck: true });
      if (message === false) return all;
      all.push(message);
    }
  }

  async deleteQueue(queue: string): Promise<void> {
    await this.#channel.deleteQueue(queue);
  }

  async declare(queue: string, options: Options.AssertQueue): Promise<void> {
    await this.#channel.assertQueue(queue, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close().catch(() => {}); // RabbitMQ has ended it
  }
}
