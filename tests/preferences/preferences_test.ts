/** Preferences, kinds and links to unsubscribe by every door, on both engines and listeners. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { Manager } from "../support/manager.ts";
import { Nodes, PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { Program } from "../support/program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

/** A day that is still to come. */
const DAY = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);

type Method = "GET" | "PUT" | "PATCH" | "DELETE" | "POST";

/** What the user has who has chosen nothing, but for the version. */
const EFFECTIVE = { in_app: true, push: true, mail: false };

for (const [place, start] of PLACES) {
  Deno.test(`preferences (${place})`, async (test) => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start({
      ...{ APP_LIMIT_PREFERENCES: "3", APP_LIMIT_KINDS: "3", TZ: "UTC" },
      ...postgres?.env,
    });
    const { first, last, manager } = nodes;
    const clientAs = async (program: Program, user: string) =>
      await TestClient.connectWithToken(
        program.webSocketUrl,
        await connectionToken({ sub: user }),
      );
    await using alice = await clientAs(first, "1");
    await using phone = await clientAs(last, "1");
    await using bob = await clientAs(last, "2");
    const asked = async (method: Method, path: string, body?: object, program = last) => {
      const { status, json } = await manager.call(program, method, path, body);
      return [status, json] as const;
    };
    let version = 0;

    await test.step("what means nothing is named, with what was meant", async () => {
      const wrong = { kinds: { news: { in_ap: true } }, quiet_hours: { mon: [] }, mute_untl: 1 };
      const named = [
        { field: "kinds.news.in_ap", meant: "kinds.news.in_app" },
        { field: "quiet_hours.mon", meant: "quiet_hours.days.mon" },
        { field: "mute_untl", meant: "mute_until" },
      ];
      const [, json] = await asked("PATCH", "/users/9/preferences", wrong);
      assert.deepEqual(json["ignored"], named);
      await using nine = await clientAs(first, "9");
      assert.deepEqual((await nine.command("change_preferences", wrong))["ignored"], named);
      const right = await nine.command("set_preferences", { kinds: {} });
      assert.equal(right["ignored"], undefined);
    });

    await test.step("are nothing at first, and changed whole or in parts", async () => {
      for (const each of [alice, phone, bob]) {
        assert.partialDeepStrictEqual(await each.command("preferences"), {
          ...{ kinds: {}, topics: {}, version: 0 },
          effective: { time_zone: "UTC", muted: false, quiet: false, kinds: { "*": EFFECTIVE } },
        });
      }
      const set = await alice.command("set_preferences", {
        kinds: { news: { in_app: false, push: true } },
        topics: { sport: { push: false } },
        time_zone: "europe/berlin",
        quiet_hours: { days: { mon: [["22:00", "7:00"]] } },
      });
      assert.partialDeepStrictEqual(set, {
        kinds: { news: { in_app: false, push: true } },
        topics: { sport: { push: false } },
        time_zone: "Europe/Berlin",
        quiet_hours: { on: true, days: { mon: [["22:00", "07:00"]] } },
        effective: { kinds: { news: { in_app: false, push: true, mail: false } } },
      });
      const changed = await phone.command("change_preferences", {
        kinds: { news: { in_app: null, mail: true }, order: { push: false } },
        topics: { sport: null },
        quiet_hours: { on: false, urgent: true },
      });
      assert.partialDeepStrictEqual(changed, {
        kinds: { news: { push: true, mail: true }, order: { push: false } },
        topics: {},
        quiet_hours: { on: false, urgent: true, days: { mon: [["22:00", "07:00"]] } },
      });
      assert.ok(Number(changed["version"]) > Number(set["version"]));
      version = Number(changed["version"]);
    });

    await test.step("come to the user's other devices, and to nobody else", async () => {
      await alice.get("preferences_changed");
      await phone.get("preferences_changed");
      for (const each of [alice, phone, bob]) await each.settled();
      assert.equal(alice.ofType("preferences_changed").length, 1);
      assert.equal(phone.ofType("preferences_changed").length, 1);
      assert.equal(bob.ofType("preferences_changed").length, 0);
      const { type: _, ...told } = alice.ofType("preferences_changed")[0]!;
      assert.deepEqual(told, await phone.command("preferences"));
    });

    await test.step("are not changed where somebody else has changed them meanwhile", async () => {
      await assert.rejects(
        alice.command("set_preferences", { version: version - 1 }),
        /^Error: conflict: Cannot change the preferences of user "1": current version is \d+, not \d+/,
      );
      const [status, json] = await asked("PUT", "/users/1/preferences", { version: 0 });
      assert.deepEqual([status, json["code"], json["field"]], [409, "conflict", "version"]);
      const put = (headers: Record<string, string>) =>
        fetch(`${last.url}/api/users/1/preferences`, {
          method: "PATCH",
          headers: { authorization: `Bearer ${manager.key}`, ...headers },
          body: "{}",
        });
      const refused = await put({ "if-match": '"7"' });
      assert.deepEqual([refused.status, (await refused.json()).code], [409, "conflict"]);
      const taken = await put({ "if-match": `"${version}"` });
      const { version: next } = await taken.json();
      assert.deepEqual([taken.status, taken.headers.get("etag")], [200, `"${next}"`]);
    });

    await test.step("of ten changes at once on all nodes none is lost", async () => {
      const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
      await Promise.all(days.map((day, index) =>
        asked(
          "PATCH",
          "/users/3/preferences",
          { quiet_hours: { days: { [day]: [["00:00", "24:00"]] } } },
          nodes.all[index % nodes.all.length],
        )
      ));
      const [, { quiet_hours: quiet, effective }] = await asked("GET", "/users/3/preferences");
      assert.deepEqual(Object.keys(Object(quiet).days).sort(), days.sort());
      assert.partialDeepStrictEqual(effective, { quiet: true });
    });

    await test.step("count on all nodes at once: times are on the user's clock", async () => {
      const deliverAt = async (program: Program) => {
        const body = { user_id: 4, message: "Hi", deliver_at: `${DAY} 09:00` };
        return (await asked("POST", "/notifications", body, program))[1]["deliver_at"];
      };
      const utc = Date.parse(`${DAY}T09:00:00Z`) / 1000;
      const expect = async (zone: string, time: number) => {
        for (const each of nodes.all) {
          await waitFor(`${zone} counts`, async () => await deliverAt(each) === time);
        }
      };
      await expect("UTC", utc);
      for (const [zone, hours] of [["Asia/Tokyo", 9], ["America/Phoenix", -7]] as const) {
        await asked("PUT", "/users/4/preferences", { time_zone: zone }, first);
        await expect(zone, utc - hours * 3600);
      }
      await asked("PUT", "/users/4/preferences", { quiet_hours: { time_zone: "+01:00" } }, first);
      await expect("+01:00", utc - 3600);
      const later = { user_id: 4, message: "Hi", id: "later-0001", deliver_at: `${DAY} 07:00` };
      await asked("POST", "/notifications", later);
      const moved = await asked("PATCH", "/notifications/later-0001", {
        deliver_at: `${DAY} 09:00`,
      });
      assert.equal(moved[1]["deliver_at"], utc - 3600, "changed afterwards, too");
      assert.equal((await asked("DELETE", "/users/4/data", undefined, first))[0], 200);
      await expect("what is erased no more", utc);
    });

    await test.step("what the application sets for kinds counts, and stays where it is locked", async () => {
      const order = {
        ...{ name: "Orders", in_app: true, push: false, mail: true },
        digest: { at: ["17:00", "9:00"] },
        template: "{count} orders",
        throttle: { count: 5, per: 3600 },
        repeat: { every: "5m", times: 3, escalate: { user_id: 7 } },
      };
      const [made, { version: first, ...kind }] = await asked("PUT", "/kinds/order", order);
      const shown = {
        ...{ kind: "order", ...order },
        digest: { at: ["09:00", "17:00"] },
        throttle: { count: 5, per: "1h" },
      };
      assert.deepEqual([made, kind], [201, shown]);
      const locked = { in_app: true, description: "Of your account", locked: "The law wants it" };
      assert.equal((await asked("PUT", "/kinds/account", locked))[0], 201);
      assert.deepEqual((await asked("GET", "/kinds/order"))[1], { version: first, ...shown });
      assert.deepEqual(
        (await asked("PUT", "/kinds/order", { ...order, version: 5 }))[1]["code"],
        "conflict",
      );
      await asked("PATCH", "/users/2/preferences", {
        kinds: { account: { in_app: false }, "order.shipped": { mail: false } },
      });
      const { effective } = await bob.command("preferences");
      assert.deepEqual(Object(effective).kinds, {
        "*": EFFECTIVE,
        account: { ...EFFECTIVE, description: "Of your account", locked: "The law wants it" },
        order: { in_app: true, push: false, mail: true, name: "Orders" },
        "order.shipped": { in_app: true, push: false, mail: false },
      });
      await asked("PUT", "/kinds/news", {});
      const page = await asked("GET", "/kinds?limit=2");
      assert.deepEqual((page[1]["kinds"] as Frame[]).map(({ kind }) => kind), ["account", "news"]);
      const rest = await asked("GET", `/kinds?cursor=${page[1]["next"]}`);
      assert.deepEqual((rest[1]["kinds"] as Frame[]).map(({ kind }) => kind), ["order"]);
      assert.equal((await asked("DELETE", "/kinds/news"))[0], 204);
      assert.equal((await asked("DELETE", "/kinds/news"))[0], 204, "harmless twice");
      assert.equal((await asked("GET", "/kinds/news"))[0], 404);
    });

    await test.step("have limits, which are counted", async () => {
      const known = (await manager.stats(last))["refused_kinds"] ?? 0;
      await asked("PUT", "/kinds/three", {});
      const [status, json] = await asked("PUT", "/kinds/four", {});
      assert.deepEqual([status, json["code"], json["field"]], [429, "too_many_kinds", "kind"]);
      assert.equal((await asked("PUT", "/kinds/three", { push: false }))[0], 200, "it is there");
      const chosen = { a: { push: true }, b: { push: true }, c: { push: true } };
      assert.equal((await asked("PUT", "/users/9/preferences", { kinds: chosen }))[0], 200);
      const more = await asked("PATCH", "/users/9/preferences", { topics: { d: { push: true } } });
      assert.equal(more[1]["code"], "too_many_kinds");
      assert.equal((await manager.stats(last))["refused_kinds"], known + 2);
    });

    await test.step("a link ends mails of a kind, with one POST and no sign-in", async () => {
      const [, { unsubscribe }] = await asked("GET", "/users/2/preferences");
      const urls = Object(unsubscribe);
      assert.deepEqual(Object.keys(urls), ["*", "order", "order.shipped", "three"]);
      const url = `${first.url}${urls.order}`;
      const looked = await fetch(url);
      const html = await looked.text();
      assert.equal(looked.status, 200);
      assert.match(html, /<p>Do you want no more mails of “Orders”\?<\/p><form method="post">/);
      assert.match(looked.headers.get("content-security-policy")!, /^default-src 'none'; /);
      assert.equal(Object((await bob.command("preferences"))["kinds"]).order, undefined);
      const body = new URLSearchParams({ "List-Unsubscribe": "One-Click" });
      for (const _ of ["once", "twice"]) {
        const ended = await fetch(url, { method: "POST", body, redirect: "error" });
        assert.equal(ended.status, 200);
        assert.match(await ended.text(), /You will get no more mails of “Orders”\./);
      }
      assert.deepEqual(Object((await bob.command("preferences"))["kinds"]).order, { mail: false });
      await bob.get("preferences_changed");
      assert.ok(Number((await manager.stats(first))["unsubscribed"]) >= 2);
      for (const wrong of [`${url}x`, url.replace(/.{30}$/, ""), `${first.url}/unsubscribe`]) {
        for (const method of ["GET", "POST"]) {
          const answer = await fetch(wrong, { method });
          assert.equal(answer.status, 404);
          assert.match(await answer.text(), /This link is not whole, or was not made here/);
        }
      }
      await asked("PUT", "/kinds/order", { name: "<b>", locked: "because" });
      const locked = await fetch(url, { method: "POST", body });
      assert.equal(locked.status, 403);
      assert.match(await locked.text(), /These cannot be ended: because/);
    });

    await test.step("are exported and erased", async () => {
      const headers = { authorization: `Bearer ${manager.key}` };
      const data = await (await fetch(`${last.url}/api/users/2/data`, { headers })).text();
      const record = data.trim().split("\n").map((line) => JSON.parse(line))
        .find(({ type }) => type === "preferences");
      assert.partialDeepStrictEqual(record, { kinds: { account: { in_app: false } }, topics: {} });
      const [, { erased }] = await asked("DELETE", "/users/2/data");
      assert.equal(Object(erased).preferences, 1);
      assert.equal((await asked("GET", "/users/2/preferences"))[1]["version"], 0);
      assert.equal(
        Object((await asked("DELETE", "/users/2/data"))[1]["erased"]).preferences,
        undefined,
      );
    });

    await test.step("are a user's own, and those of one site", async () => {
      const as = async (user: string, path: string, method = "GET") => {
        const authorization = `Bearer ${await connectionToken({ sub: user })}`;
        const answer = await fetch(`${last.url}/api${path}`, {
          method,
          headers: { authorization },
        });
        return [answer.status, await answer.json()];
      };
      assert.partialDeepStrictEqual(await as("1", "/users/1/preferences"), [200, {
        kinds: { order: { push: false } },
      }]);
      assert.deepEqual((await as("1", "/users/9/preferences"))[1]["code"], "user_mismatch");
      assert.deepEqual((await as("1", "/users/9/preferences", "PUT"))[1]["code"], "user_mismatch");
      assert.deepEqual((await as("1", "/kinds"))[1]["code"], "unauthorized");
      const shop = await Manager.of(first, "shop");
      const { json } = await shop.call(last, "GET", "/users/1/preferences");
      assert.deepEqual([json["version"], Object(json["effective"]).kinds], [0, { "*": EFFECTIVE }]);
      assert.deepEqual((await shop.call(last, "GET", "/kinds")).json, { kinds: [] });
      const foreign = await shop.call(last, "PUT", "/kinds/x", { site: "default" });
      assert.equal(foreign.json["code"], "forbidden");
    });

    await test.step("wrong fields are named, and change nothing", async () => {
      const before = await asked("GET", "/users/1/preferences");
      const wrong: readonly [field: string, fields: object][] = [
        ["kinds", { kinds: [] }],
        ["kinds", { kinds: { "a b": { push: true } } }],
        ["kinds.news", { kinds: { news: true } }],
        ["kinds.news.push", { kinds: { news: { push: "no" } } }],
        ["topics", { topics: { "a\nb": { push: true } } }],
        ["mute_until", { mute_until: "soon" }],
        ["time_zone", { time_zone: "Atlantis/Poseidonis" }],
        ["time_zone", { time_zone: "2020-01-01[Europe/Berlin]" }],
        ["quiet_hours", { quiet_hours: true }],
        ["quiet_hours.urgent", { quiet_hours: { urgent: "yes" } }],
        ["quiet_hours.on", { quiet_hours: { on: "yes" } }],
        ["quiet_hours.days", { quiet_hours: { days: { funday: [] } } }],
        ["quiet_hours.days.mon", { quiet_hours: { days: { mon: ["22:00"] } } }],
        ["quiet_hours.days.mon", { quiet_hours: { days: { mon: [["24:00", "07:00"]] } } }],
        ["quiet_hours.days.mon", { quiet_hours: { days: { mon: [["22:00", "25:00"]] } } }],
        ["quiet_hours.time_zone", { quiet_hours: { time_zone: "here" } }],
        ["version", { version: "new" }],
      ];
      for (const [field, fields] of wrong) {
        const [status, json] = await asked("PUT", "/users/1/preferences", fields);
        assert.deepEqual([status, json["field"]], [400, field], JSON.stringify(json));
      }
      assert.deepEqual(await asked("GET", "/users/1/preferences"), before);
      const wrongKinds: readonly [field: string, fields: object][] = [
        ["push", { push: "no" }],
        ["digest", { digest: "30m" }],
        ["digest", { digest: { window: "1h", at: ["09:00"] } }],
        ["digest.window", { digest: { window: "8d" } }],
        ["digest.at", { digest: { at: ["9"] } }],
        ["throttle.count", { throttle: { per: "1h" } }],
        ["throttle.per", { throttle: { count: 1 } }],
        ["repeat.every", { repeat: { every: "0s", times: 1 } }],
        ["repeat.times", { repeat: { every: "1m", times: 101 } }],
        ["repeat.escalate", { repeat: { every: "1m", times: 1, escalate: { way: "pigeon" } } }],
        ["template", { template: 7 }],
        ["template", { template: "{count} new, {newest} the last" }],
      ];
      for (const [field, fields] of wrongKinds) {
        const [status, json] = await asked("PUT", "/kinds/order", fields);
        assert.deepEqual([status, json["field"]], [400, field], JSON.stringify(json));
      }
      assert.equal((await asked("PUT", "/kinds/a%20b", {}))[1]["field"], "kind");
    });

    await test.step("a mute ends, and is said as people say it", async () => {
      const muted = await alice.command("change_preferences", { mute_until: "2h" });
      assert.partialDeepStrictEqual(muted, { effective: { muted: true } });
      const until = Number(muted["mute_until"]) - Date.now() / 1000;
      assert.ok(until > 7100 && until <= 7200, String(until));
      const { mute_until: morning } = await alice.command("change_preferences", {
        ...{ time_zone: "Asia/Tokyo", mute_until: `${DAY} 09:00` },
      });
      assert.equal(morning, Date.parse(`${DAY}T00:00:00Z`) / 1000, "on a clock in Tokyo");
      const past = await alice.command("change_preferences", { mute_until: 1 });
      assert.partialDeepStrictEqual(past, { effective: { muted: false } });
    });
  });
}

Deno.test("a link to unsubscribe begins with APP_BASE_PATH", async () => {
  await using program = await Program.start({ env: { APP_KEY, APP_BASE_PATH: "/realtime" } });
  const manager = await Manager.of(program);
  const { json } = await manager.call(program, "GET", "/users/1/preferences");
  const link = String(Object(json["unsubscribe"])["*"]);
  assert.match(link, /^\/realtime\/unsubscribe\?token=/);
  const ended = await fetch(`${program.url}${link}`, { method: "POST" });
  assert.match(await ended.text(), /<p>You will get no more mails\.</);
});

Deno.test("what means nothing in a kind is named, with what was meant", async () => {
  await using nodes = await Nodes.embedded("node");
  const kind = { digset: {}, digest: { window: "1m", ta: 1 } };
  const { status, json } = await nodes.manager.call(nodes.first, "PUT", "/kinds/typo", kind);
  assert.deepEqual([status, json["ignored"]], [201, [
    { field: "digset", meant: "digest" },
    { field: "digest.ta", meant: "digest.at" },
  ]]);
  const again = await nodes.manager.call(nodes.first, "PUT", "/kinds/typo", { name: "Typo" });
  assert.deepEqual([again.status, again.json["ignored"]], [200, undefined]);
});

Deno.test("preferences of a guest: none, and the client is told why", async () => {
  await using rooms = await RoomsFile.write({
    unknown: "closed",
    rooms: [{ pattern: "lobby", auth: false }],
  });
  await using program = await Program.start({ env: { APP_KEY, APP_ROOMS: rooms.path } });
  await using guest = await TestClient.connectV2(program.webSocketUrl);
  await guest.command("connect", { user_id: undefined });
  for (const type of ["preferences", "set_preferences", "change_preferences"]) {
    await assert.rejects(guest.command(type), /forbidden: .* as a guest/);
  }
});

Deno.test("notifyli kind", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const env = { APP_PORT: String(program.port), APP_DATA_DIR: program.dataDir, APP_KEY };
  const cli = async (...args: string[]) => {
    const { code, stdout, stderr } = await run([...taskCommand("kind"), ...args], { env });
    return { code, text: `${stdout}${stderr}`.trim() };
  };
  const set = await cli(
    ...["set", "order", "--name", "Orders", "--push", "no", "--mail", "yes"],
    ...["--digest", "09:00, 17:00", "--template", "{count} orders", "--throttle", "5/1h"],
    ...["--repeat", "5m/3", "--escalate", "user:7"],
  );
  assert.equal(set.code, 0, set.text);
  const { version, ...kind } = JSON.parse(set.text);
  assert.deepEqual(kind, {
    ...{ kind: "order", name: "Orders", in_app: true, push: false, mail: true },
    digest: { at: ["09:00", "17:00"] },
    template: "{count} orders",
    throttle: { count: 5, per: "1h" },
    repeat: { every: "5m", times: 3, escalate: { user_id: 7 } },
  });
  const shown = await cli("show", "order");
  assert.equal(shown.code, 0, shown.text);
  assert.deepEqual(JSON.parse(shown.text), { ...kind, version });
  assert.equal((await cli("set", "news", "--digest", "30m", "--locked", "because")).code, 0);
  assert.match(
    (await cli("list")).text,
    /^KIND +IN APP +PUSH +MAIL +MORE\nnews +yes +yes +no +locked="because" digest=.*\norder +yes +no +yes +name="Orders"/,
  );
  const wrong = await cli("set", "order", "--throttle", "5/8d");
  assert.deepEqual([wrong.code, /'throttle\.per'/.test(wrong.text)], [1, true], wrong.text);
  assert.equal((await cli("set", "order", "--digest", "soon")).code, 2);
  assert.deepEqual(await cli("delete", "order"), { code: 0, text: "Deleted order" });
  assert.equal((await cli("show", "order")).code, 1);
  assert.match((await cli("--help")).text, /kind set KIND \[options\]/);
});
