/** Users with the client library: what their handlers see goes into the ledger. */
import { type Client, connect, type NotifyliError } from "../../lib/sdk/mod.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import type { Ledger } from "./ledger.ts";
import type { Random } from "./random.ts";

export interface AudienceOptions {
  /** Of the nodes; each client has its own order of them. */
  readonly urls: readonly string[];
  readonly users: readonly string[];
  readonly ledger: Ledger;
  readonly random: Random;
}

/** A connection that ended. */
export interface Ending {
  readonly user: string;
  readonly code: number;
  /** As `performance.now()` has it, like `backAt`. */
  readonly at: number;
  /** When the client was online again; 0 until then. */
  backAt: number;
}

export class Audience implements Disposable {
  readonly users: readonly string[];
  readonly clients: readonly Client[];
  readonly endings: Ending[] = [];
  /** What the server refused, or a gap in an inbox; these are for the notes of a report. */
  readonly troubles: string[] = [];
  readonly #ledger: Ledger;

  constructor({ urls, users, ledger, random }: AudienceOptions) {
    this.users = users;
    this.#ledger = ledger;
    this.clients = users.map((userId) => {
      const turn = random.fork();
      return this.#listen(connect({
        urls: random.shuffled(urls),
        userId,
        environment: { random: () => turn.next() },
      }));
    });
  }

  get onlineCount(): number {
    return this.clients.filter(({ state }) => state.kind === "online").length;
  }

  async allOnline(ms = 30_000): Promise<void> {
    await waitFor("all clients are online", () => {
      if (this.onlineCount === this.clients.length) return true;
      throw new Error(`${this.onlineCount} of ${this.clients.length}: ${this.#away()}`);
    }, ms);
  }

  /** Resolves when the handlers have all that was accepted; where that takes too long, the ledger says what is not. */
  async settled(ms = 45_000): Promise<void> {
    await this.allOnline(ms);
    await waitFor("all that was accepted is seen", () => this.#ledger.missing(this.users) === 0, ms)
      .catch(() => {});
  }

  [Symbol.dispose](): void {
    for (const client of this.clients) client.close();
  }

  #listen(client: Client): Client {
    const { userId } = client;
    client.on("notification", ({ id }) => this.#ledger.saw(userId, id));
    client.on("gap", ({ reason }) => this.troubles.push(`user ${userId}: gap (${reason})`));
    client.on("error", ({ code }: NotifyliError) => this.troubles.push(`user ${userId}: ${code}`));
    client.on("state", (state) => {
      const at = performance.now();
      if (state.kind === "waiting") {
        this.endings.push({ user: userId, code: state.code, at, backAt: 0 });
      } else if (state.kind === "online") {
        for (const ending of this.endings) {
          if (ending.user === userId && ending.backAt === 0) ending.backAt = at;
        }
      }
    });
    return client;
  }

  #away(): string {
    return JSON.stringify(
      this.clients.map(({ state }) => state).find(({ kind }) => kind !== "online"),
    );
  }
}

/** Puts what is in the users' inboxes into the ledger, as a new client is told it. */
export async function readInboxes(
  url: string,
  users: readonly string[],
  ledger: Ledger,
): Promise<void> {
  for (const user of users) {
    await using client = await TestClient.connectV2(url);
    let { inbox: page } = await client.command("connect", { user_id: user }) as { inbox: Page };
    const ids = page.notifications.map(({ id }) => id);
    while (page.more) {
      const { offset, epoch } = page;
      const since = { offset, epoch };
      page = await client.command("inbox", { since, unread: true }) as unknown as Page;
      ids.push(...page.notifications.map(({ id }) => id));
    }
    ledger.left(user, ids);
  }
}

/** Of an inbox. */
interface Page {
  readonly offset: number;
  readonly epoch: string;
  readonly more?: boolean;
  readonly notifications: readonly { readonly id: string }[];
}
