/** A node with conversations on a database of the test's own, and all that it publishes. */
import { readConfig } from "../../lib/configuration.ts";
import { Contacts } from "../../lib/contacts/contacts.ts";
import { Conversations } from "../../lib/conversations/conversations.ts";
import type { ChatEvent } from "../../lib/conversations/events.ts";
import type { Happening } from "../../lib/conversations/listener.ts";
import type { Actor } from "../../lib/conversations/types.ts";
import type { Channel } from "../../lib/core/channel.ts";
import type { Publication } from "../../lib/core/publication.ts";
import type { AllUserData } from "../../lib/core/user_data.ts";
import type { Database } from "../../lib/engines/database/database.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { FEATURES } from "../../lib/features.ts";
import { Kernel } from "../../lib/kernel.ts";

/** Something that a user was told. */
export interface Heard {
  readonly user: string;
  readonly event: ChatEvent;
}

export class World implements AsyncDisposable {
  readonly kernel: Kernel;
  readonly chat: Conversations;
  readonly contacts: Contacts;
  readonly userData: AllUserData;
  /** What was published for each user, in its order. */
  readonly heard: readonly Heard[];
  readonly happenings: Happening[] = [];
  readonly #parts: AsyncDisposable;

  private constructor(kernel: Kernel, heard: readonly Heard[], parts: AsyncDisposable) {
    this.kernel = kernel;
    this.chat = kernel.use(Conversations);
    this.contacts = kernel.use(Contacts);
    this.userData = kernel.userData;
    this.heard = heard;
    this.#parts = parts;
    this.chat.listen({ stored: (_place, happening) => void this.happenings.push(happening) });
  }

  static async open(database: Database, env: Record<string, string> = {}): Promise<World> {
    await using parts = new AsyncDisposableStack();
    const heard: Heard[] = [];
    const engine = parts.use(openEmbedded({ dataDir: ":memory:", stored: FEATURES }));
    const { config } = readConfig({ APP_RATE_CHAT: "off", ...env });
    const kernel = parts.use(
      await Kernel.open(
        {
          ...engine,
          run: (handler) =>
            engine.run({
              ...handler,
              handlePublication(channel, publication, position) {
                heard.push(...heardIn(channel, publication));
                handler.handlePublication(channel, publication, position);
              },
            }),
        },
        { config, tokens: undefined, database },
      ),
    );
    return new World(kernel, heard, parts.move());
  }

  /** What a user has heard since the last call of this for the user. */
  readonly #taken = new Map<string, number>();
  take(user: string): ChatEvent[] {
    const from = this.#taken.get(user) ?? 0;
    this.#taken.set(user, this.heard.length);
    return this.heard.slice(from).filter((each) => each.user === user).map(({ event }) => event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts[Symbol.asyncDispose]();
  }
}

/** A user of the default site. */
export function as(user: string, name = `name of ${user}`): Actor & { readonly user: string } {
  return { site: "default", user, name };
}

export const APPLICATION: Actor = { site: "default", isApplication: true, name: "Office" };

function heardIn({ kind, name }: Channel, { data }: Publication): Heard[] {
  if (kind === "chat") return [{ user: name, event: data as ChatEvent }];
  if (kind !== "chats") return [];
  const { users, event } = data as { users: string[]; event: ChatEvent };
  return users.map((user) => ({ user, event }));
}
