/** What the rows of conversations have in common: a server on each database, and people who are connected to it. */
import { ChatLink, type Frame } from "../faults/chat_link.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";

export const DATABASES = ["SQLite", "PostgreSQL"] as const;
export type DatabaseName = typeof DATABASES[number];

/** As many members or conversations as one command takes or gives. */
export const PAGE = 100;

const ENV = {
  APP_RATE_CHAT: "off",
  APP_RATE_MESSAGES: "off",
  APP_RATE_MESSAGES_USER: "off",
  APP_RATE_CONNECTS_IP: "off",
  APP_LIMIT_CONNECTIONS_IP: "off",
  APP_LIMIT_CONNECTIONS_USER: "off",
};

/** A server that people enter by their names, with each message on the disk before it is accepted. */
export class ChatServer implements AsyncDisposable {
  readonly program: Program;
  readonly postgres: PostgresServer | undefined;
  readonly #parts: AsyncDisposableStack;

  private constructor(
    program: Program,
    postgres: PostgresServer | undefined,
    parts: AsyncDisposableStack,
  ) {
    this.program = program;
    this.postgres = postgres;
    this.#parts = parts;
  }

  /** @param wrapper stands before the program's command */
  static async start(
    database: DatabaseName,
    wrapper: readonly string[] = [],
  ): Promise<ChatServer> {
    await using parts = new AsyncDisposableStack();
    const postgres = database === "PostgreSQL"
      ? parts.use(await PostgresServer.start({ isSynced: true }))
      : undefined;
    const program = parts.use(await Program.start({ env: { ...ENV, ...postgres?.env }, wrapper }));
    return new ChatServer(program, postgres, parts.move());
  }

  /** Resolves with a connection that hears of the user's conversations. */
  async enter(user: string, onFrame: (frame: Frame) => void = () => {}): Promise<ChatLink> {
    const link = await ChatLink.open(this.program.webSocketUrl, onFrame);
    if (link === undefined) throw new Error("The server takes no connection");
    await link.command("connect", { user_id: user });
    await link.command("conversations", { limit: 1 });
    return link;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync();
  }
}

/** The id of the private conversation with a user. */
export async function privateWith(link: ChatLink, user: string): Promise<number> {
  const { conversation } = await link.command("conversation", { kind: "private", members: [user] });
  return Number((conversation as Frame)["id"]);
}
