/** Executes every example of `docs/chat-protocol.md`, on both listeners. */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/configuration.ts";
import { ChatClient } from "../support/chat_client.ts";
import { patternOf } from "../support/frame_pattern.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { Script } from "../support/script.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/chat-protocol.md`);

const examples = [...PAGE.matchAll(/<!-- example: (.+) -->\s+```json\n([^`]+)```/g)]
  .map(([, name = "", lines = ""]) => ({ name, lines: lines.trim().split("\n") }));

const PHP = /<!-- example: PHP -->\s+```php\n([^`]+)```/.exec(PAGE)?.[1] ?? "";

Deno.test("docs/chat-protocol.md: every block is one that is executed", () => {
  assert.equal(examples.length + 1, PAGE.match(/^```\w+$/gm)?.length);
  assert.ok(examples.length > 6 && PHP !== "");
});

Deno.test("docs/chat-protocol.md: its numbers are those of the code", () => {
  const { chat } = readConfig({}).config;
  const [, text = ""] = /`APP_CHAT_TEXT` \(([\d,]+)\)/.exec(PAGE) ?? [];
  assert.equal(Number(text.replace(",", "")), chat.text);
});

for (const listener of ["deno", "node"]) {
  Deno.test(`docs/chat-protocol.md on the ${listener} listener`, async (t) => {
    await using program = await Program.start({ env: { APP_LISTENER: listener, APP_KEY } });
    const url = program.webSocketUrl;
    const [ann, bob] = [await connectionToken({ sub: "1" }), await connectionToken({ sub: "2" })];

    for (const { name, lines } of examples) {
      await t.step(name, async () => {
        const known = name === "new_message" || name === "read" ? await greeting() : undefined;
        await using client = await ChatClient.connect(url);
        for (const line of lines.filter((line) => line.startsWith("> "))) {
          const text = line.slice(2).replace("TOKEN OF 1", ann).replace("TOKEN OF 2", bob)
            .replace("CONVERSATION", String(known?.conversation_id))
            .replace("MESSAGE", String(known?.id));
          client.socket.sendRaw(text);
        }
        const expected = lines.filter((line) => line.startsWith("< ")).map((line) => line.slice(2));
        await waitFor(
          `the answers ${expected} (got ${client.socket.texts})`,
          () =>
            expected.every((pattern) =>
              client.socket.texts.some((text) => patternOf(pattern).test(text))
            ),
        );
      });
    }

    await t.step("PHP", async () => {
      const file = await Deno.makeTempFile({ suffix: ".php" });
      await Deno.writeTextFile(file, PHP);
      await using other = await ChatClient.open(url, bob);
      const address = new URL(program.url).host;
      await using php = new Script(["php", file, address, ann, "2", "Hello from PHP"]);
      const heard = () => other.messages.find(({ content }) => content === "Hello from PHP");
      const { id } = await waitFor("it is heard", heard);
      await other.say(1, "Hello PHP");
      const printed = new RegExp(`^sent as ${id}\n[-\\d]{10} [:\\d]{8} 2: Hello PHP\n$`, "m");
      await waitFor(`it prints ${printed} (got ${php.text})`, () => printed.test(php.text));
      await Deno.remove(file);
    });

    /** Ann says something to Bob while he is away; resolves with what that was. */
    async function greeting() {
      await using bobs = await ChatClient.open(url, bob);
      await using anns = await ChatClient.open(url, ann);
      await anns.say(2, "Hello Bob");
      const [message] = await waitFor("it comes", () => {
        const messages = bobs.messages.filter(({ content }) => content === "Hello Bob");
        return messages.length > 0 && messages;
      });
      await bobs.close();
      await anns.say(2, "Hello Bob");
      return message;
    }
  });
}
