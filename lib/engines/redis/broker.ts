/** The broker over Redis: publications go by PUB/SUB, and histories are streams. */
import { Buffer } from "node:buffer";
import { logFor } from "../../base/log.ts";
import type { Redis } from "ioredis";
import type { Broker, FanOut } from "../../core/broker.ts";
import type { Channel } from "../../core/channel.ts";
import type { Claim } from "../../core/claim.ts";
import {
  CLIENTS_ID_SECONDS,
  encodeHeardContent,
  type History,
  type HistoryOptions,
  POSITION_SECONDS,
  positionSeconds,
  type Publication,
  type Published,
} from "../../core/publication.ts";
import type { HistoryBudget } from "../history_budget.ts";
import type { RedisLink } from "./link.ts";
import { othersTurn, throwUnavailable, throwUnconfirmed } from "./errors.ts";
import { HeardMessages } from "./heard_messages.ts";
import type { Calls, FunctionCall } from "./functions.ts";
import { KERNEL_FUNCTIONS } from "./kernel_functions.ts";
import type { Incarnation } from "./incarnation.ts";
import { type RedisKeys, STREAM_GROUP } from "./keys.ts";
import { readPast } from "../past.ts";
import { Together } from "./together.ts";
import { fromEntry, type Heard, parsePayload, payload } from "./publication_text.ts";

const log = logFor("redis");

/** What a publication takes in a history beside its content. */
const EACH_BYTES = 100;

/** Most channels of one `SUBSCRIBE` or `UNSUBSCRIBE`. */
const MOST_NAMES = 500;

export class RedisBroker implements Broker {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #functions: Calls<typeof KERNEL_FUNCTIONS>;
  readonly #incarnation: Incarnation;
  /** The channels that this node hears, by their names in Redis. */
  readonly #channels = new Map<string, Channel>();
  /** Bounds the histories; absent where nothing does. */
  readonly #budget: HistoryBudget | undefined;
  readonly #subscribing: Together<string, void>;
  readonly #unsubscribing: Together<string, void>;
  readonly #pinging: Together<void, void>;
  readonly #heard: HeardMessages;
  /** Whether it was logged that a message could not be read. */
  #isWarned = false;

  constructor(
    { redis, subscriber, keys, functions, incarnation }: RedisLink,
    fanOut: FanOut,
    budget?: HistoryBudget,
  ) {
    this.#budget = budget;
    this.#redis = redis;
    this.#keys = keys;
    this.#functions = functions.calls(KERNEL_FUNCTIONS);
    this.#incarnation = incarnation;
    const together = (send: (names: readonly string[]) => Promise<unknown>) =>
      new Together<string, void>(functions, {
        most: MOST_NAMES,
        send: (names) => send(names).then(() => names.map(() => {}), throwUnavailable),
      });
    this.#subscribing = together((names) => subscriber.subscribe(...names));
    this.#unsubscribing = together((names) => subscriber.unsubscribe(...names));
    this.#pinging = new Together<void, void>(functions, {
      most: Infinity,
      send: (asked) => subscriber.ping().then(() => asked.map(() => {}), throwUnavailable),
    });
    let isDeaf = false;
    this.#heard = new HeardMessages({
      work: (name, message) => {
        const channel = this.#channels.get(name);
        const read = channel && this.#read(name, message);
        if (channel && read) fanOut(channel, read.publication, read.position);
      },
      // What is lost with the connection is made good once it is there again.
      overflow() {
        log.error("too much waits of what other nodes have published: the connection begins anew");
        isDeaf = true;
        subscriber.disconnect(true);
      },
    });
    subscriber.on("message", (name: string, message: string) => {
      if (!isDeaf && this.#channels.has(name)) this.#heard.hear(name, message);
    });
    subscriber.on("close", () => isDeaf = false);
  }

  /** Resolves when all that this node has heard so far has reached its connections. */
  workedOff(): Promise<void> {
    return this.#heard.caughtUp();
  }

  /** Redis answers behind all that it has sent on the connection, which is what all channels have published until now. */
  async caughtUp(_channel: Channel): Promise<void> {
    await this.#pinging.ask();
    await this.workedOff();
  }

  /** Reads what other nodes published. What none of this version has published is dropped, and logged the first time. */
  #read(name: string, message: string): Heard | undefined {
    try {
      return parsePayload(message);
    } catch {
      // The reason is not told, since it would have a part of the text.
      log[this.#isWarned ? "debug" : "error"](
        "what was published on {channel} cannot be read: nodes of other versions, or another program, publish there",
        { channel: name },
      );
      this.#isWarned = true;
      return undefined;
    }
  }

  subscribe(channel: Channel): Promise<void> {
    const name = this.#keys.channel(channel);
    this.#channels.set(name, channel);
    return this.#subscribing.ask(name);
  }

  unsubscribe(channel: Channel): Promise<void> {
    const name = this.#keys.channel(channel);
    this.#channels.delete(name);
    return this.#unsubscribing.ask(name);
  }

  publish(
    channel: Channel,
    publication: Publication,
    history?: HistoryOptions,
  ): Promise<Published | undefined> {
    if (history === undefined || history.size === 0) return this.#pass(channel, publication);
    return this.#append(channel, publication, history);
  }

  async forward(channel: Channel, publication: Publication): Promise<boolean> {
    const nodes = await this.#redis.publish(this.#keys.channel(channel), payload(publication))
      .catch(throwUnconfirmed);
    return nodes > 0;
  }

  async heard(channels: readonly Channel[]): Promise<boolean[]> {
    const heard: boolean[] = [];
    for (let from = 0; from < channels.length; from += MOST_NAMES) {
      const names = channels.slice(from, from + MOST_NAMES).map((each) => this.#keys.channel(each));
      const answer = await this.#redis.pubsub("NUMSUB", ...names).catch(throwUnavailable);
      for (let index = 1; index < answer.length; index += 2) heard.push(Number(answer[index]) > 0);
    }
    return heard;
  }

  async forget(channel: Channel): Promise<void> {
    await this.#redis.del(this.#keys.history(channel), this.#keys.position(channel))
      .catch(throwUnconfirmed);
  }

  async history(
    channel: Channel,
    { since = 0, limit }: { since?: number; limit: number },
  ): Promise<History> {
    const [offset, epoch, entries, past] = await this.#functions.history(
      [this.#keys.history(channel), this.#keys.position(channel)],
      [since, limit, POSITION_SECONDS, this.#incarnation.origin],
    ) as [number, string, [string, string[]][], string];
    return { offset, epoch, past: readPast(past), publications: entries.map(fromEntry) };
  }

  /** Fans a publication out that no history keeps. */
  async #pass(channel: Channel, publication: Publication): Promise<undefined> {
    const name = this.#keys.channel(channel);
    const { logged, claim } = publication;
    const passing = claim === undefined
      ? this.#redis.publish(name, payload(publication)).catch(throwUnconfirmed)
      : this.#passInTurn(claim, [name, payload(publication)]);
    if (logged === undefined) return void await passing;
    await Promise.all([passing, this.#functions.log(logged.streams, logged.fields)]);
  }

  #passInTurn(claim: Claim, args: readonly string[]): Promise<unknown> {
    const { passInTurn, passEntry } = this.#functions;
    return this.#inTurn(claim, { run: passInTurn, runEntry: passEntry }, [], args);
  }

  /** Calls a function that does something only where a node has the turn at a way in. */
  async #inTurn(
    { way, holder, progress }: Claim,
    { run, runEntry }: { run: FunctionCall; runEntry: FunctionCall },
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown[]> {
    const turn = this.#keys.turn(way);
    const answer = way === "stream" || way === "publications-stream"
      ? await runEntry([...turn, this.#keys.stream(way), ...keys], [
        ...[holder, progress, STREAM_GROUP],
        ...args,
      ])
      : await run([...turn, ...keys], [holder, progress, ...args]);
    if ((answer as unknown[]).length === 0) throw othersTurn();
    return answer as unknown[];
  }

  /** Appends a publication to its channel's history and fans it out, in one step. */
  async #append(
    channel: Channel,
    publication: Publication,
    history: HistoryOptions,
  ): Promise<Published> {
    const keys = this.#keys;
    const content = encodeHeardContent(publication);
    const { id, from: { user = "" } = {}, claim } = publication;
    const names = [
      keys.history(channel),
      keys.position(channel),
      keys.publicationId(channel, id, user),
      keys.publicationIdBefore(channel, id),
      ...publication.logged?.streams ?? [],
    ];
    const args = appendArguments(keys.channel(channel), {
      ...{ publication, content, history },
      origin: this.#incarnation.origin,
    });
    const { publish, publishInTurn, publishEntry } = this.#functions;
    const answer = claim === undefined
      ? await publish(names, args)
      : await this.#inTurn(claim, { run: publishInTurn, runEntry: publishEntry }, names, args);
    const [offset, epoch, known] = answer as [number, string, number];
    if (known !== 1 && this.#budget !== undefined) {
      const bytes = Buffer.byteLength(content) + EACH_BYTES;
      this.#budget.note(channel, publication.from?.user, bytes, history.seconds);
    }
    return { offset, epoch, isDuplicate: known === 1 };
  }
}

/** The arguments of `publish.lua`, in its order. */
function appendArguments(
  name: string,
  { publication, content, history, origin }: {
    publication: Publication;
    content: string;
    history: HistoryOptions;
    origin: string;
  },
): (string | number)[] {
  return [
    name,
    publication.kind,
    publication.id,
    publication.at,
    content,
    history.size,
    Math.ceil(history.seconds),
    origin,
    publication.isClientsId ? CLIENTS_ID_SECONDS : 0,
    positionSeconds(history),
    publication.from?.user ?? "",
    ...publication.logged?.fields ?? [],
  ];
}
