/** Applications are told of what push services say, by events, once each, on both engines and listeners. */
import assert from "node:assert/strict";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { WebPushService } from "../support/push/web_push_service.ts";
import { hookEnv, Receiver, type ToldEvent } from "../support/receiver.ts";
import { waitFor } from "../support/wait.ts";

for (const [place, start] of PLACES) {
  Deno.test(`events of pushes (${place})`, async () => {
    await using service = new WebPushService();
    await using shop = new Receiver();
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    const hooks = hookEnv(shop.url, { HOOK_EVENTS: "push.*" });
    await using nodes = await start({ ...hooks, ...postgres?.env });
    const { first, last, manager } = nodes;
    const register = async (user: number) => {
      const token = service.subscribe();
      const device = { provider: "web_push", token };
      const { json } = await manager.call(first, "POST", `/users/${user}/devices`, device);
      return { token, id: json["id"] };
    };
    const [good, gone, tooMuch] = [await register(1), await register(1), await register(2)];
    service.end(gone.token);
    service.answer = ({ subscription }) =>
      tooMuch.token.endpoint.endsWith(`/${subscription}`)
        ? new Response(null, { status: 413 })
        : undefined;
    for (const user_id of [1, 2]) {
      const body = { user_id, id: `event-000${user_id}`, message: "x" };
      await manager.call(first, "POST", "/notifications", body);
    }
    const of = (device: unknown) => shop.events.filter(({ data }) => data["device"] === device);
    const eventOf = async (device: unknown): Promise<Omit<ToldEvent, "id" | "at">> => {
      const [{ id: _id, at, ...event }] = await waitFor("the event", () => {
        return of(device).length > 0 && of(device) as [ToldEvent];
      });
      assert.ok(Math.abs(at - Date.now() / 1000) < 60);
      return event;
    };
    const pushed = { id: "event-0001", provider: "web_push" };
    assert.deepEqual(await eventOf(good.id), {
      ...{ event: "push.taken", site: "default", user_id: 1 },
      data: { ...pushed, device: good.id },
    });
    assert.deepEqual(await eventOf(gone.id), {
      ...{ event: "push.failed", site: "default", user_id: 1 },
      data: { ...pushed, device: gone.id, state: "gone", why: "status 410" },
    });
    assert.deepEqual(await eventOf(tooMuch.id), {
      ...{ event: "push.failed", site: "default", user_id: 2 },
      data: {
        ...{ ...pushed, id: "event-0002", device: tooMuch.id, state: "refused" },
        why: "status 413: it is too large",
      },
    });
    // What is closed at a device is no event, and nothing is told twice.
    await manager.call(last, "DELETE", "/notifications/event-0001");
    await waitFor("it is closed", () => service.taken.length === 2);
    const body = { user_id: 1, id: "event-0003", message: "x" };
    await manager.call(first, "POST", "/notifications", body);
    await waitFor("the next is told", () => of(good.id).length > 1);
    assert.deepEqual(of(good.id).map(({ data }) => data["id"]), ["event-0001", "event-0003"]);
    assert.equal(shop.events.length, 4);
  });
}
