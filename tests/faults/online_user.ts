/** A user at a device, by the client library: what the handler gets is written into the ledger. */
import { type Client, connect } from "../../lib/sdk/mod.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import type { Ledger } from "./ledger.ts";

const PAUSE_MS = 100;

export class OnlineUser implements Disposable {
  readonly client: Client;
  readonly user: string;
  /** Reasons of the gaps that the library told. */
  readonly gaps: string[] = [];
  #returning: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, user: string, ledger: Ledger) {
    this.user = user;
    this.client = connect({ url, userId: user, name: user });
    this.client.on("notification", ({ id }) => ledger.saw(user, id));
    this.client.on("gap", ({ reason }) => void this.gaps.push(reason));
    this.client.on("error", () => {}); // what could not be done now is done later
    this.client.on("state", ({ kind }) => {
      // Without the pause, which grows to 30 s: a test waits for no one.
      if (kind === "waiting") this.#returning = setTimeout(() => this.#comeBack(), PAUSE_MS);
    });
  }

  async isOnline(): Promise<void> {
    await waitFor(`user ${this.user} is online`, () => this.client.state.kind === "online");
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#returning);
    this.client.close();
  }

  #comeBack(): void {
    if (this.client.state.kind === "waiting") this.client.reconnect();
  }
}

/** Of long notifications, more would be over a small limit of what may wait for a client. */
const PAGE = 100;

/** Ids of all that the user's inbox has, oldest first. */
export async function readInbox(url: string, user: string): Promise<string[]> {
  await using client = await TestClient.connectV2(url);
  await client.command("connect", { user_id: user });
  const ids: string[] = [];
  let before: number | undefined;
  for (;;) {
    const page = await client.command("inbox", { limit: PAGE, before, archived: true });
    const notifications = page["notifications"] as { id: string; offset: number }[];
    ids.push(...notifications.map(({ id }) => id));
    const last = notifications.at(-1);
    if (last === undefined || notifications.length < PAGE) return ids.reverse();
    before = last.offset;
  }
}
