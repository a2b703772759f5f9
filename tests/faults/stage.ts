/**
 * What most scenarios share: nodes, users online and offline, publishers, people who talk in a room; and the end, when
 * all is settled and counted. A scenario breaks things in between.
 */
import { Audience, readInboxes } from "./audience.ts";
import { Cluster, type ClusterOptions } from "./cluster.ts";
import { Ledger } from "./ledger.ts";
import { Load } from "./load.ts";
import type { FaultContext, Report } from "./scenario.ts";
import { Talk } from "./talk.ts";

const ONLINE = 40;
const OFFLINE = 60;
/** Of the users who are away, those who come back at the end; the others' inboxes are read. */
const COMING_BACK = 10;

/** What people said while a client was away must still be there, or be told. */
const HISTORY = { APP_HISTORY: "*=20000/300" };

export class Stage implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly ledger = new Ledger();
  readonly users: readonly string[];
  readonly audience: Audience;
  readonly load: Load;
  readonly talk: Talk;
  readonly #context: FaultContext;
  readonly #offline: readonly string[];
  #parts: AsyncDisposableStack;

  private constructor(context: FaultContext, cluster: Cluster, parts: AsyncDisposableStack) {
    const { random, rate } = context;
    const { urls, ports } = cluster;
    const { ledger } = this;
    this.#context = context;
    this.cluster = cluster;
    const online = names("on", ONLINE);
    this.#offline = names("off", OFFLINE);
    this.users = [...online, ...this.#offline];
    this.audience = parts.use(new Audience({ urls, users: online, ledger, random: random.fork() }));
    this.talk = parts.use(new Talk(urls, random.fork()));
    const { users } = this;
    this.load = parts.use(new Load({ ports, users, ledger, random: random.fork(), rate }));
    this.#parts = parts;
  }

  static async open(context: FaultContext, options: ClusterOptions): Promise<Stage> {
    await using parts = new AsyncDisposableStack();
    const env = { ...HISTORY, ...options.env };
    const cluster = parts.use(await Cluster.start({ ...options, env }));
    const stage = new Stage(context, cluster, parts);
    await Promise.all([stage.audience.allOnline(), stage.talk.entered]);
    stage.#parts = parts.move();
    return stage;
  }

  /** One line on how it goes. */
  tell(what: string): void {
    const { accepted, refused, unanswered, rate } = this.load;
    this.#context.progress(
      `${what}; ${accepted} accepted (${rate}/s), ${refused} refused, ${unanswered} unanswered`,
    );
  }

  /** Ends the load, waits until all is settled, and counts. All nodes must run. */
  async finish(notes: string): Promise<Report> {
    const { ledger, audience, load, talk, cluster: { urls } } = this;
    await load.end();
    await talk.end();
    const back = this.#offline.slice(0, COMING_BACK);
    const random = this.#context.random.fork();
    using late = new Audience({ urls, users: back, ledger, random });
    await Promise.all([audience.settled(), late.settled()]);
    await readInboxes(urls[0] ?? "", this.users, ledger);
    this.#tellTroubles([...audience.troubles, ...late.troubles]);
    const room = `room: ${talk.ledger.acceptedCount} accepted, ${talk.ledger.gaps} gaps told`;
    const http = `http: ${load.rate}/s, ${load.refused} refused, ${load.unanswered} unanswered`;
    return { ...ledger.check(), notes: `${notes}; ${http}; ${room}` };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync();
  }

  #tellTroubles(troubles: readonly string[]): void {
    if (troubles.length === 0) return;
    this.#context.progress(`clients were told ${troubles.length} times: ${troubles[0]}`);
  }
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}
