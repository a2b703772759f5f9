/** The running program with every provider at once: what each gets of one notification, what closes, and what the log says. */
import assert from "node:assert/strict";
import { Manager } from "../../support/manager.ts";
import { Program } from "../../support/program.ts";
import { ApnsService } from "../../support/push/apns_service.ts";
import { FcmService } from "../../support/push/fcm_service.ts";
import { MailServer } from "../../support/push/mail_server.ts";
import { NtfyServer } from "../../support/push/ntfy_server.ts";
import { WebPushService } from "../../support/push/web_push_service.ts";
import { waitFor } from "../../support/wait.ts";

const FCM_TOKEN = "fcm-token-is-secret:APA91b";
const APNS_TOKEN = "ab".repeat(32);

for (const APP_LISTENER of ["deno", "node"]) {
  Deno.test(`one notification reaches a user by every provider, and closes where it can (${APP_LISTENER})`, async () => {
    await using webPush = new WebPushService();
    await using fcm = new FcmService();
    await using apns = await ApnsService.start();
    await using ntfy = new NtfyServer();
    await using mail = await MailServer.start();
    await using program = await Program.start({
      env: {
        ...{ ...fcm.env, ...apns.env, ...ntfy.env, ...mail.env },
        APP_LISTENER,
        APP_DEBUG: "true",
        APP_PUBLIC_URL: "https://shop.example",
      },
    });
    const manager = await Manager.of(program);
    const tokens = {
      web_push: webPush.subscribe(),
      fcm: FCM_TOKEN,
      apns: APNS_TOKEN,
      ntfy: ntfy.topic("topic-is-secret"),
      mail: "ada@shop.example",
    };
    for (const [provider, token] of Object.entries(tokens)) {
      await manager.done(program, "/users/7/devices", { provider, token });
    }
    const wants = { kinds: { "*": { mail: true } } };
    assert.equal((await manager.call(program, "PATCH", "/users/7/preferences", wants)).status, 200);
    const { id } = await manager.done(program, "/notifications", {
      ...{
        user_id: 7,
        title: "Order 7",
        message: "It was shipped",
        url: "/orders/7",
        kind: "order",
      },
    });

    const [toPhone] = await fcm.get(1);
    assert.equal(toPhone?.["notification"].title, "Order 7");
    const [toApple] = await apns.get(1);
    assert.deepEqual(toApple?.payload.aps.alert, { title: "Order 7", body: "It was shipped" });
    const [toTopic] = await ntfy.get(1);
    assert.equal(toTopic?.["click"], "https://shop.example/orders/7");
    const [toMail] = await mail.get(1);
    assert.match(
      toMail?.headers.get("list-unsubscribe") ?? "",
      /^<https:\/\/shop\.example\/unsubscribe\?/,
    );
    const [toBrowser] = await webPush.get(1);
    assert.equal(JSON.parse(toBrowser?.text ?? "").notification.body, "It was shipped");
    await waitFor("all are taken", async () => {
      const { pushes } = (await manager.call(program, "GET", `/notifications/${id}`)).json;
      const states = (pushes as { state: string }[] | undefined)?.map(({ state }) => state);
      return states?.length === 5 && states.every((state) => state === "taken");
    });

    const path = `/users/7/notifications/${id}/archive`;
    assert.equal((await manager.call(program, "PUT", path)).status, 204);
    const [, closed] = await fcm.get(2);
    assert.deepEqual(JSON.parse(closed?.["data"].notifyli).close, [id]);
    assert.deepEqual((await apns.get(2))[1]?.payload.notifyli.close, [id]);
    await waitFor("ntfy clears it", () => ntfy.cleared.length === 1);
    assert.equal(ntfy.cleared[0]?.sequence, toTopic?.sequence_id);
    assert.deepEqual(JSON.parse((await webPush.get(2))[1]?.text ?? "").notifyli.close, [id]);
    assert.equal(mail.taken.length, 1);

    apns.answer = () => ({ status: 410, reason: "Unregistered" });
    await manager.done(program, "/notifications", { user_id: 7, message: "Again" });
    await waitFor("the device that is gone is removed", async () => {
      const { devices } = (await manager.call(program, "GET", "/users/7/devices")).json;
      return !(devices as { provider: string }[]).some(({ provider }) => provider === "apns");
    });
    assert.doesNotMatch(program.output, /secret|ada@|abab|BEGIN/);
  });
}
