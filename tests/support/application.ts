/** An application that is asked over HTTP before something happens. It keeps what it was asked, and how it was signed. */
import type { Question } from "../../lib/asks/asker.ts";
import { SECRET } from "./receiver.ts";
import { waitFor } from "./wait.ts";

export type Asked = Question & { readonly type: string } & Readonly<Record<string, unknown>>;

/** What the application answers: JSON, or a whole response. */
export type AnswerTo = (asked: Asked) => unknown;

export class Application implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** The requests as they came. */
  readonly requests: { readonly headers: Headers; readonly body: string }[] = [];
  answer: AnswerTo;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #held: (() => void)[] = [];
  #isHolding = false;

  /** Starts it on a port, by default a free one. */
  constructor(answer: AnswerTo, port = 0) {
    this.answer = answer;
    const options = { port, hostname: "127.0.0.1", onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#take(request));
  }

  get port(): number {
    return this.#server.addr.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/ask?secret=of-the-path`;
  }

  /** The settings of a server that asks it. @param kinds as `HOOK_ASK` has them */
  env(kinds: string): Record<string, string> {
    return {
      HOOK_ASK_URL: this.url,
      HOOK_ASK_SECRET: SECRET,
      HOOK_ASK: kinds,
      APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
    };
  }

  /** The questions of one kind. */
  of(type: string): Asked[] {
    return this.asked.filter((asked) => asked.type === type);
  }

  /** Resolves with the first questions of a kind, once there are so many. */
  async get(type: string, count = 1): Promise<Asked[]> {
    await waitFor(`${count} questions ${type}`, () => this.of(type).length >= count);
    return this.of(type).slice(0, count);
  }

  /** Answers nothing from now on. Returns what answers all that waits, and goes on. */
  hold(): () => void {
    this.#isHolding = true;
    return () => {
      this.#isHolding = false;
      for (const release of this.#held.splice(0)) release();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isHolding = false;
    for (const release of this.#held.splice(0)) release();
    await this.#server.shutdown();
  }

  async #take(request: Request): Promise<Response> {
    const body = await request.text();
    const asked: Asked = JSON.parse(body);
    this.requests.push({ headers: request.headers, body });
    this.asked.push(asked);
    if (this.#isHolding) await new Promise<void>((resolve) => this.#held.push(resolve));
    const answer = await this.answer(asked);
    return answer instanceof Response ? answer : Response.json(answer);
  }
}
