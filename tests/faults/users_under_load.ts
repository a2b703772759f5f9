/**
 * Users of one server, online and offline, for whom notifications come all the time, and the count of what they got.
 * A scenario breaks something meanwhile. `stage.ts` has the same for a cluster.
 */
import { waitFor } from "../support/wait.ts";
import { Ledger } from "./ledger.ts";
import { Load } from "./load.ts";
import { OnlineUser, readInbox } from "./online_user.ts";
import type { Random } from "./random.ts";
import type { Report } from "./scenario.ts";

export interface UsersOptions {
  readonly random: Random;
  /** Notifications a second, at most. */
  readonly rate: number;
  /** How many users are online, and how many are not. @default 3 */
  readonly each?: number;
}

interface Address {
  readonly webSocketUrl: string;
  readonly port: number;
}

/** A slow machine with a disk that is full takes its time. */
const PATIENCE_MS = 120_000;

export class UsersUnderLoad implements AsyncDisposable {
  readonly online: readonly OnlineUser[];
  readonly ledger: Ledger;
  readonly load: Load;
  readonly #url: string;
  readonly #names: readonly string[];
  readonly #parts: AsyncDisposableStack;

  private constructor(
    url: string,
    { online, names, ledger, load, parts }: {
      online: readonly OnlineUser[];
      names: readonly string[];
      ledger: Ledger;
      load: Load;
      parts: AsyncDisposableStack;
    },
  ) {
    this.online = online;
    this.ledger = ledger;
    this.load = load;
    this.#url = url;
    this.#names = names;
    this.#parts = parts;
  }

  /** `on-1` and so on are online when the load begins; `off-1` and so on are not. */
  static async start(
    { webSocketUrl, port }: Address,
    { random, rate, each = 3 }: UsersOptions,
  ): Promise<UsersUnderLoad> {
    await using parts = new AsyncDisposableStack();
    const ledger = new Ledger();
    const named = (prefix: string) =>
      Array.from({ length: each }, (_, at) => `${prefix}-${at + 1}`);
    const online = named("on").map((name) => parts.use(new OnlineUser(webSocketUrl, name, ledger)));
    for (const user of online) await user.isOnline();
    const names = [...named("on"), ...named("off")];
    const load = parts.use(new Load({ ports: [port], users: names, ledger, random, rate }));
    return new UsersUnderLoad(webSocketUrl, { online, names, ledger, load, parts: parts.move() });
  }

  /** Resolves when so many more are accepted. */
  async accepts(count: number): Promise<void> {
    const goal = this.load.accepted + count;
    await waitFor(`${count} more are accepted`, () => this.load.accepted >= goal, PATIENCE_MS);
  }

  /** Resolves when so many more are refused. */
  async refuses(count = 20): Promise<void> {
    const goal = this.load.refused + count;
    await waitFor("the load is refused", () => this.load.refused >= goal);
  }

  /** Waits until who is online has all, reads the inboxes, and counts. Behind the end of the load. */
  async counted(): Promise<Report> {
    const online = this.online.map(({ user }) => user);
    await waitFor("all online users have theirs", () => this.ledger.missing(online) === 0);
    for (const user of this.#names) this.ledger.left(user, await readInbox(this.#url, user));
    return this.ledger.check();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync();
  }
}
