/** `notifyli push`: the keys that it makes can be used. */
import assert from "node:assert/strict";
import { vapidPair } from "../../lib/push/providers/vapid_keys.ts";
import { run, taskCommand } from "../support/command.ts";

Deno.test("push keys prints a setting that check calls good, and another one each time", async () => {
  const made = await Promise.all([1, 2].map(() => run([...taskCommand("push"), "keys"])));
  const keys = made.map(({ code, stdout, stderr }) => {
    assert.equal(code, 0, stderr);
    const [, key = ""] = /^PUSH_VAPID_PRIVATE_KEY=([\w-]{43})\n$/.exec(stdout) ?? [];
    assert.ok(stderr.includes(vapidPair(key).publicKey), stderr);
    return key;
  });
  assert.notEqual(keys[0], keys[1]);
  const env = {
    PUSH_VAPID_PRIVATE_KEY: keys[0] ?? "",
    PUSH_VAPID_SUBJECT: "mailto:admin@shop.example",
  };
  const { code, stderr } = await run(taskCommand("check"), { env });
  assert.deepEqual([code, stderr], [0, ""]);
});
