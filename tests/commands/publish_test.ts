/** `notifyli publish` in topics; `tests/rooms/data_test.ts` has it in rooms. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";

Deno.test("notifyli publish -t publishes an event in a topic, which those get whose filters match", async () => {
  await using program = await Program.start();
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  const topic = "/contacts/updated";
  await client.command("subscribe", { topic, filter: { id: 5 } });
  const publish = publisher({ APP_PORT: String(program.port) });
  for (const id of [4, 5]) {
    const [code, said] = await publish("-t", topic, "-d", `{"id":${id},"by":3}`);
    assert.equal(code, 0, said);
    assert.match(said, /^Published, with the id [\w-]+$/);
  }
  const [event] = await client.get("event");
  assert.partialDeepStrictEqual(event, { topic, data: { id: 5, by: 3 }, offset: 2 });

  const [code, refused] = await publish("-t", topic, "-d", "5");
  assert.equal(code, 1);
  assert.match(refused, /Cannot take field 'data': current value is 5/);
  for (
    const what of [["-t", topic, "-d", "{}"], ["-r", "lobby", "-m", "Hi"], ["-r", "a", "-e", "b"]]
  ) {
    const [, forbidden] = await publish(...what, "--site", "shop");
    assert.match(forbidden, /site default, not of shop/, what.join(" "));
  }
});

Deno.test("notifyli publish says what goes together", async () => {
  const publish = publisher({});
  const wrong: readonly [options: string[], reason: RegExp][] = [
    [[], /Missing --room or --topic/],
    [["-t", "T"], /Missing --data/],
    [["-t", "T", "-d", "{}", "-r", "lobby"], /Cannot take --room beside --topic/],
    [["-t", "T", "-d", "{}", "-m", "Hi"], /Cannot take --message beside --topic/],
  ];
  for (const [options, reason] of wrong) {
    const [code, said] = await publish(...options);
    assert.equal(code, 2, options.join(" "));
    assert.match(said, reason);
  }
});

function publisher(env: Readonly<Record<string, string>>) {
  return async (...options: string[]): Promise<[code: number, said: string]> => {
    const { code, stdout, stderr } = await run([...taskCommand("publish"), ...options], { env });
    return [code, (code === 0 ? stdout : stderr).trim()];
  };
}
