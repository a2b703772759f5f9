/** `notifyli check` of providers: all that is wrong at once, what warns, and what is good to know. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../../support/command.ts";
import { Certificate } from "../../support/certificate.ts";
import { ApnsService } from "../../support/push/apns_service.ts";
import { FcmService } from "../../support/push/fcm_service.ts";
import { MailServer } from "../../support/push/mail_server.ts";
import { Receiver } from "../../support/receiver.ts";
import { newVapidPair } from "../../../lib/push/providers/vapid_keys.ts";

Deno.test("check says all that is wrong with keys, files and accounts at once", async () => {
  await using fcm = new FcmService();
  await using apns = await ApnsService.start();
  await using mail = await MailServer.start();
  fcm.writeCredentials({ project_id: undefined });
  const { code, stdout, stderr } = await check({
    ...{ ...fcm.env, ...apns.env, ...mail.env },
    PUSH_APNS_KEY: fcm.credentials,
    SMTP_URL: mail.url.replace("password-is", "wrong-is"),
  });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.deepEqual(
    stderr.trimEnd().split("\n").map((line) => line.replace(/ is ".*",/, " is …,")),
    [
      "Cannot use PUSH_FCM_CREDENTIALS: current value is …, which has no project_id",
      "Cannot use PUSH_APNS_KEY: current value is …, allowed is a key of P-256, as in AuthKey_….p8",
      "SMTP_URL: 535 5.7.8",
    ],
  );
  assert.doesNotMatch(stderr, /secret/);
});

Deno.test("check finds out whether services know the keys, and how long a certificate is good", async () => {
  await using fcm = new FcmService();
  await using apns = await ApnsService.start();
  await using mail = await MailServer.start();
  const good = await check({
    ...{ ...fcm.env, ...apns.env, ...mail.env },
    PUSH_VAPID_PRIVATE_KEY: newVapidPair().privateKey,
  });
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stderr, /^127\.0\.0\.1:\d+ \(SMTP_URL\): its certificate has 1 day left$/m);
  assert.equal(fcm.tokens, 1);
  apns.answer = () => ({ status: 403, reason: "InvalidProviderToken" });
  const bad = await check(apns.env);
  assert.deepEqual([bad.code, bad.stderr.trim()], [
    1,
    "PUSH_APNS_KEY, _KEY_ID, _TEAM, _TOPIC: Apple answers status 403 InvalidProviderToken",
  ]);
});

Deno.test("check says how long the certificate of an ntfy server is good, or why it cannot tell", async () => {
  await using certificate = await Certificate.make();
  await using server = new Receiver(0, await certificate.read());
  const env = {
    PUSH_NTFY_SERVERS: `https://127.0.0.1:${server.port}`,
    APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
  };
  const known = await check({ ...env, DENO_CERT: certificate.cert });
  assert.equal(known.code, 0);
  const left = `${env.PUSH_NTFY_SERVERS}: its certificate has 1 day left`;
  assert.equal(known.stderr.trim(), left);
  const unknown = await check(env);
  assert.equal(unknown.code, 0);
  assert.match(unknown.stderr, /^https:\/\/127\.0\.0\.1:\d+: .*SELF_SIGNED/);
});

Deno.test("check warns of a key of Web Push that nothing says whose it is", async () => {
  const { code, stderr } = await check({ PUSH_VAPID_PRIVATE_KEY: newVapidPair().privateKey });
  assert.equal(code, 0);
  assert.match(stderr, /^PUSH_VAPID_SUBJECT is not set/);
});

async function check(env: Record<string, string>) {
  return await run(taskCommand("check"), { env });
}
