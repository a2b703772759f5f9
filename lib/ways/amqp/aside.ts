/** What came from RabbitMQ and was refused: the queue of dead letters, which is looked at without taking anything out. */
import { createHash } from "node:crypto";
import type { Channel, GetMessage } from "amqplib";
import { CodedError } from "../../base/errors.ts";
import type { Fields } from "../../base/fields.ts";
import type { Aside, DeadLetter } from "../aside.ts";
import { AmqpLink } from "./link.ts";
import { wordsOf } from "./reasons.ts";
import type { AmqpConfig } from "./settings.ts";

/** Most letters that are looked at: each is handed out, and given back. */
const MOST_LOOKED = 1000;

export class RabbitAside implements Aside {
  readonly #config: AmqpConfig;
  /** One look at a time, since what one holds the others do not see. */
  #looking: Promise<unknown> = Promise.resolve();

  constructor(config: AmqpConfig) {
    this.#config = config;
  }

  async list(limit: number, before?: string): Promise<DeadLetter[]> {
    const all = await this.#look(async (channel) => {
      const letters: DeadLetter[] = [];
      for await (const message of this.#messages(channel)) letters.push(letterOf(message));
      return letters;
    });
    const newest = all.reverse();
    const start = before === undefined ? 0 : newest.findIndex(({ id }) => id === before) + 1;
    return newest.slice(start, start + limit);
  }

  async resend(id: string): Promise<void> {
    await this.#take(id, async (message) => {
      const { queue } = this.#config;
      await using link = await this.#connect();
      const channel = await link.confirmChannel();
      const { headers = {}, ...properties } = message.properties;
      const own = Object.entries(headers).filter(([name]) => !name.startsWith("x-notifyli-"));
      const given = { ...properties, headers: Object.fromEntries(own), persistent: true };
      channel.sendToQueue(queue, message.content, given);
      await channel.waitForConfirms();
    });
  }

  async remove(id: string): Promise<void> {
    await this.#take(id, () => Promise.resolve()).catch((error) => {
      if (!(error instanceof CodedError) || error.code !== "not_found") throw error;
    });
  }

  /** Takes a letter out once `done` resolves. */
  async #take(id: string, done: (message: GetMessage) => Promise<void>): Promise<void> {
    await this.#look(async (channel) => {
      for await (const message of this.#messages(channel)) {
        if (letterOf(message).id !== id) continue;
        await done(message);
        channel.ack(message);
        return;
      }
      throw new CodedError("not_found", `There is no dead letter ${JSON.stringify(id)}`);
    });
  }

  async *#messages(channel: Channel): AsyncGenerator<GetMessage> {
    for (let looked = 0; looked < MOST_LOOKED; looked++) {
      const message = await channel.get(this.#config.deadQueue);
      if (message === false) return;
      yield message;
    }
  }

  /** What is not acknowledged goes back to its place when the channel is closed. */
  #look<Result>(look: (channel: Channel) => Promise<Result>): Promise<Result> {
    const looked = this.#looking.then(async () => {
      await using link = await this.#connect();
      const channel = await link.channel();
      try {
        return await look(channel);
      } finally {
        await channel.close();
      }
    }).catch((error) => {
      if (error instanceof CodedError) throw error;
      throw new CodedError("unavailable", `RabbitMQ cannot be asked: ${wordsOf(error)}`);
    });
    this.#looking = looked.catch(() => {});
    return looked;
  }

  #connect(): Promise<AmqpLink> {
    const never = new AbortController().signal;
    return AmqpLink.connect(this.#config, { name: "notifyli-operators", signal: never });
  }
}

function letterOf({ content, properties }: GetMessage): DeadLetter {
  const { headers = {}, messageId, timestamp } = properties;
  const text = content.toString();
  const id = createHash("sha256").update(content).update(JSON.stringify([messageId, headers]))
    .digest("hex").slice(0, 24);
  return {
    id,
    at: Number(timestamp ?? 0) * 1000,
    reason: String(headers["x-notifyli-reason"] ?? ""),
    payload: readable(text),
  };
}

function readable(text: string): Fields | string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Fields
      : text;
  } catch {
    return text;
  }
}
