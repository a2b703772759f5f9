/** Executes the examples of `docs/library.md`: the chat server on one node, and on three behind a proxy. */
import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { ROOT } from "../support/paths.ts";
import { RealProxy } from "../support/real_proxy.ts";
import { RedisServer } from "../support/redis.ts";
import { Script } from "../support/script.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/library.md`);

const examples = new Map(
  [...PAGE.matchAll(/<!-- example: (.+) -->\s+```\w+\n([^`]*(?:`[^`\n]*`[^`]*)*)```/g)]
    .map(([, name = "", code = ""]) => [name, code]),
);

Deno.test("docs/library.md: every block is an example that is executed", () => {
  assert.deepEqual([...examples.keys()], ["chat", "client"]);
  assert.equal(PAGE.match(/^```\w+$/gm)?.length, examples.size);
});

Deno.test("docs/library.md: the chat server on one node", async () => {
  await using chat = await Chat.start();
  await using john = clientOf(chat.port, "john_doe");
  await waitFor("john is told the time", () => /^system: john_doe, it is /m.test(john.text));
  assert.match(john.text, /^john_doe: \/time$/m);
  await using _jane = clientOf(chat.port, "jane");
  await waitFor("john sees jane come in", () => /^system: jane came in$/m.test(john.text));
});

Deno.test("docs/library.md: the chat server on three nodes behind a round-robin proxy", async () => {
  await using redis = await RedisServer.start();
  await using parts = new AsyncDisposableStack();
  const nodes: Chat[] = [];
  for (let count = 0; count < 3; count++) nodes.push(parts.use(await Chat.start(redis.env)));
  await using proxy = await RealProxy.start(
    "nginx with upgrades",
    ...nodes.map(({ port }) => port),
  );
  const users = ["ann", "bob", "cyd"];
  const clients: Script[] = [];
  for (const user of users) {
    const client = parts.use(clientOf(proxy.port, user));
    clients.push(client);
    const isAnswered = () => client.text.includes(`system: ${user}, it is `);
    await waitFor(`${user} is told the time`, isAnswered);
  }
  const [first] = clients;
  // What each said went to all, whichever node it was on, and the program answered each once.
  await waitFor(
    "the first has heard all",
    () => users.every((user) => first!.text.includes(`system: ${user}, it is `)),
  );
  for (const user of ["bob", "cyd"]) {
    assert.match(first!.text, RegExp(`^system: ${user} came in$`, "m"));
  }
  const answers = first!.text.match(/^system: \w+, it is /gm) ?? [];
  assert.deepEqual(answers.sort(), users.map((user) => `system: ${user}, it is `));
  assert.deepEqual(await Promise.all(nodes.map((node) => node.clients())), [1, 1, 1]);
});

/** The chat server of the page as a program of its own. */
class Chat implements AsyncDisposable {
  readonly port: number = freePort();
  readonly script: Script;
  readonly #dataDir = Deno.makeTempDirSync();

  private constructor(env: Readonly<Record<string, string>>) {
    const code = example("chat").replace("port: 8080", `port: ${this.port}`);
    this.script = run(code, { ...env, APP_DATA_DIR: this.#dataDir });
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<Chat> {
    const chat = new Chat(env);
    await waitFor("the chat server listens", async () => {
      if (/error/i.test(chat.script.text)) throw new Error(chat.script.text);
      const response = await fetch(`http://127.0.0.1:${chat.port}/healthz`).catch(() => undefined);
      await response?.body?.cancel();
      return response?.ok;
    });
    return chat;
  }

  /** How many clients are connected to this node. */
  async clients(): Promise<number> {
    const key = await Deno.readTextFile(`${this.#dataDir}/operator.key`);
    const made = await this.#call("keys", key.trim(), { name: "test", scopes: ["read"] });
    return (await this.#call("stats", made.key)).clients;
  }

  async #call(path: string, key: string, body?: unknown) {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/${path}`, {
      headers: { authorization: `Bearer ${key}` },
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
    return await response.json();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.script[Symbol.asyncDispose]();
    await Deno.remove(this.#dataDir, { recursive: true });
  }
}

/** The client of the page, as a user of this name. */
function clientOf(port: number, user: string): Script {
  return run(example("client").replaceAll("john_doe", user).replace("8080", `${port}`));
}

function example(name: string): string {
  const code = examples.get(name);
  assert.ok(code);
  return code;
}

/** Runs code as a program, whose errors are a part of its output. */
function run(code: string, env: Readonly<Record<string, string>> = {}): Script {
  const deno = [Deno.execPath(), "eval", "--cached-only", "--ext=ts"];
  const command = [...deno, `--config=${ROOT}deno.json`, code];
  return new Script(["sh", "-c", 'exec "$@" 2>&1', "sh", ...command], {
    env: { NO_COLOR: "1", ...env },
  });
}
