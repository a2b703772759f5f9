/** `notifyli push`: the keys that it makes can be used. */
import assert from "node:assert/strict";
import { vapidPair } from "../../lib/push/providers/vapid_keys.ts";
import { run, taskCommand } from "../support/command.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { WebPushService } from "../support/push/web_push_service.ts";

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

for (const APP_LISTENER of ["deno", "node"]) {
  Deno.test(`push test pushes to each device, and prints what its provider says (${APP_LISTENER})`, async () => {
    await using service = new WebPushService();
    const env = { APP_LISTENER, APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" };
    await using program = await Program.start({ env });
    const at = { APP_PORT: String(program.port), APP_DATA_DIR: program.dataDir, NO_COLOR: "1" };
    const test = (...args: string[]) => run([...taskCommand("push"), "test", ...args], { env: at });
    const none = await test("-u", "1");
    assert.deepEqual([none.code, none.stderr], [1, "User 1 has no devices\n"]);
    assert.equal((await test()).code, 2);
    const manager = await Manager.of(program);
    const [good, gone] = [service.subscribe(), service.subscribe()];
    service.end(gone);
    for (const [platform, token] of [["Good", good], ["Gone", gone]] as const) {
      const body = { provider: "web_push", token, platform };
      await manager.done(program, "/users/1/devices", body);
    }
    const { code, stdout, stderr } = await test("--user", "1");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^DEVICE +PROVIDER +PLATFORM +RESULT +WHY/);
    assert.match(stdout, /web_push +Good +taken/);
    assert.match(stdout, /web_push +Gone +gone +status 410/);
    const [push] = await service.get(1);
    assert.equal(JSON.parse(push!.text).notification.title, "Test");
    const { json } = await manager.call(program, "GET", "/users/1/devices");
    assert.deepEqual((json["devices"] as { platform: string }[]).map(({ platform }) => platform), [
      "Good",
    ]);
    const other = await test("-u", "1", "--site", "shop");
    assert.equal(other.code, 1, "each site has its own");
  });
}
