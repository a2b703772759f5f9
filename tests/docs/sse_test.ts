/** Executes the examples of "Server-Sent Events" in `docs/protocol.md`, with `curl` and an `EventSource`. */
import assert from "node:assert/strict";
import { EventStream } from "../support/event_stream.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { Script } from "../support/script.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/protocol.md`);

interface Example {
  readonly code: string;
  /** Events that must come; `…` stands for any value. */
  readonly events: readonly string[];
}

const examples = new Map<string, Example>(
  [...PAGE.matchAll(
    /<!-- example sse: (.+) -->\s+```(?:sh|js)\n([^`]+)```(?:\s+```text\n([^`]+)```)?/g,
  )].map(([, name = "", code = "", text = ""]) => [name, {
    code: code.trim(),
    events: text.trim().split("\n\n"),
  }]),
);

Deno.test("docs/protocol.md, Server-Sent Events: every block is an example that is executed", () => {
  const names = ["a stream", "coming back", "EventSource", "a session", "commands"];
  assert.deepEqual([...examples.keys()], names);
  assert.equal(PAGE.match(/^```(sh|js)$/gm)?.length, names.length);
});

Deno.test("docs/protocol.md, Server-Sent Events: a stream", async () => {
  await using program = await Program.start();
  await using curl = new Curl(example("a stream").code, program);
  await curl.shows(example("a stream").events);
});

Deno.test("docs/protocol.md, Server-Sent Events: coming back", async () => {
  await using program = await Program.start();
  const first = await EventStream.open(`${program.url}/sse?user_id=123&room=lobby`);
  await first.get("subscribed");
  await first[Symbol.asyncDispose]();
  await notify(program);
  await using bob = await TestClient.connectV2(program.webSocketUrl);
  await bob.command("connect", { user_id: 7, name: "Bob" });
  await bob.command("publish", { room: "lobby", message: "one" });
  const { code, events } = example("coming back");
  await using curl = new Curl(code.replace("ID: ID", `ID: ${first.lastEventId}`), program);
  await curl.shows(events);
});

Deno.test("docs/protocol.md, Server-Sent Events: EventSource", async () => {
  await using program = await Program.start();
  const code = example("EventSource").code.replace("/sse", `${program.url}/sse`);
  await using script = new Script([Deno.execPath(), "eval", "--cached-only", code]);
  await waitFor("it is connected", async () => {
    return (await (await fetch(`${program.url}/api/stats`)).json()).users === 1;
  });
  await notify(program);
  await waitFor("it is printed", () => script.text.includes("Shop Order shipped!"));
});

Deno.test("docs/protocol.md, Server-Sent Events: a session and its commands", async () => {
  await using program = await Program.start();
  await using curl = new Curl(example("a session").code, program);
  await curl.shows(example("a session").events);
  const [, session = ""] = /"session":"(.+)"/.exec(curl.text) ?? [];
  const { code, events } = example("commands");
  await using command = new Curl(code.replace("SESSION", session), program);
  await curl.shows(events);
  assert.equal(command.text, "");
});

function example(name: string): Example {
  return examples.get(name) ?? assert.fail(`There is no example '${name}'`);
}

async function notify(program: Program): Promise<void> {
  const response = await fetch(`${program.url}/api/users/123/notifications?from=Shop`, {
    method: "POST",
    body: "Order shipped!",
  });
  assert.equal(response.status, 201, await response.text());
}

/** A documented command, against a server of the test's own. */
class Curl extends Script {
  constructor(command: string, program: Program) {
    const here = command.replace("http://localhost:7000", program.url);
    super(["sh", "-c", `exec ${here}`], { isQuiet: true });
  }

  async shows(events: readonly string[]): Promise<void> {
    for (const event of events) {
      const pattern = event.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
        .replaceAll('"…"', '"[^"]+"').replaceAll("…", "[\\w-]+");
      await waitFor(
        `${event} (there is ${this.text})`,
        () => new RegExp(`(^|\n)${pattern}\n\n`).test(this.text),
      );
    }
  }
}
