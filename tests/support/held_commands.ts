/** Stands between a page and its server: commands that a test names wait, until it lets them go or refuses them. */
import type { Page, WebSocketRoute } from "playwright-core";
import { waitFor } from "./wait.ts";

type Command = Readonly<Record<string, unknown>>;

interface Held {
  readonly command: Command;
  /** Lets it go to the server. Resolves when the page has been given the answer. */
  send(): Promise<void>;
  /** Answers that it is refused, in these words. */
  refuse(error: string): void;
}

export class HeldCommands {
  /** Those that wait, the oldest first. */
  readonly held: Held[] = [];
  #isHeld = (_command: Command) => false;
  readonly #answered = new Set<unknown>();

  /** To be called before the page is there. It has no worker then, so that the connection is its own. */
  async watch(page: Page): Promise<void> {
    await page.addInitScript("delete globalThis.SharedWorker");
    await page.routeWebSocket(/\/ws/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((text) => this.#heard(String(text), socket, server));
      server.onMessage((text) => {
        socket.send(text);
        for (const line of String(text).split("\n")) this.#answered.add(JSON.parse(line).ref);
      });
    });
  }

  /** From now on commands of a type wait. */
  hold(type: string): void {
    this.#isHeld = (command) => command["type"] === type;
  }

  /** From now on all go to the server. Resolves when those that waited are answered. */
  async stop(): Promise<void> {
    this.#isHeld = () => false;
    await Promise.all(this.held.splice(0).map(({ send }) => send()));
  }

  /** Resolves when so many wait. */
  async get(count: number): Promise<void> {
    await waitFor(`${count} commands wait`, () => this.held.length >= count);
  }

  #heard(text: string, page: WebSocketRoute, server: WebSocketRoute): void {
    const command = JSON.parse(text) as Command;
    const { ref } = command;
    const answered = this.#answered;
    if (!this.#isHeld(command)) return server.send(text);
    this.held.push({
      command,
      async send() {
        server.send(text);
        await waitFor(`an answer to ${text}`, () => answered.has(ref));
      },
      refuse(error) {
        const refusal = { success: false, code: "unavailable", error };
        page.send(JSON.stringify({ type: "reply", ref, ...refusal }));
      },
    });
  }
}
