/** All providers together: which are open, with which rights they work, and what a start says of wrong files. */
import assert from "node:assert/strict";
import { readSlice } from "../../../lib/config/read.ts";
import { NoDatabase } from "../../../lib/engines/database/database.ts";
import { openProviders } from "../../../lib/push/providers/providers.ts";
import { providers as settings } from "../../../lib/push/providers/settings.ts";
import { newVapidPair } from "../../../lib/push/providers/vapid_keys.ts";
import { run } from "../../support/command.ts";
import { ROOT } from "../../support/paths.ts";
import { Program } from "../../support/program.ts";
import { ApnsService } from "../../support/push/apns_service.ts";
import { FcmService } from "../../support/push/fcm_service.ts";
import { MailServer } from "../../support/push/mail_server.ts";
import { NtfyServer } from "../../support/push/ntfy_server.ts";
import { WebPushService } from "../../support/push/web_push_service.ts";

const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));

Deno.test("with the rights of the task, and no others, every provider sends", async () => {
  await using webPush = new WebPushService();
  await using fcm = new FcmService();
  await using apns = await ApnsService.start();
  await using ntfy = new NtfyServer();
  await using mail = await MailServer.start();
  const pair = newVapidPair();
  const env = {
    ...{ ...fcm.env, ...apns.env, ...ntfy.env, ...mail.env },
    PUSH_VAPID_PRIVATE_KEY: pair.privateKey,
  };
  const tokens = {
    web_push: webPush.subscribe(),
    fcm: "fcm-token-of-a-device",
    apns: "ab".repeat(32),
    ntfy: ntfy.topic(),
    mail: "ada@shop.example",
  };
  const flags = String(tasks.start.command).split(" ").filter((word) => word.startsWith("--"));
  const { code, stdout, stderr } = await run(
    [
      Deno.execPath(),
      "run",
      ...flags,
      `${ROOT}tests/support/push/send_all.ts`,
      JSON.stringify(tokens),
    ],
    { env },
  );
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), {
    ...{ web_push: "taken", fcm: "taken", apns: "taken", ntfy: "taken", mail: "taken" },
  });
  assert.equal(webPush.taken[0]?.key, pair.publicKey);
});

Deno.test("only what is configured is open, and Web Push always", async () => {
  await using none = opened({});
  assert.deepEqual([...none.byName.keys()], ["web_push"]);
  await using ntfy = opened({ PUSH_NTFY_SERVERS: "https://ntfy.sh" });
  assert.deepEqual([...ntfy.byName.keys()], ["web_push", "ntfy"]);
  await assert.rejects(none.publicKey(), /there is none/);
});

Deno.test("a file that cannot be used stops the start, and the reason names the setting", async () => {
  await using fcm = new FcmService();
  fcm.writeCredentials({ type: "authorized_user" });
  await using program = await Program.spawn({ env: fcm.env });
  assert.equal((await program.ended()).code, 1);
  const [{ message } = assert.fail()] = program.log;
  assert.match(
    message,
    /^cannot start: Cannot use PUSH_FCM_CREDENTIALS: .*"type": "service_account"/,
  );
});

function opened(env: Record<string, string>) {
  return openProviders({
    config: readSlice(settings, env),
    database: new NoDatabase("there is none"),
  });
}
