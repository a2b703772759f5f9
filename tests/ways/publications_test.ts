/** What is read of a publication, whichever way it comes: fields, sites, ids, and what is refused with which reason. */
import assert from "node:assert/strict";
import type { Fields } from "../../lib/base/fields.ts";
import { roomChannel } from "../../lib/core/channel.ts";
import { type Content, encodeContent } from "../../lib/core/publication.ts";
import { readConfig } from "../../lib/configuration.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { FEATURES } from "../../lib/features.ts";
import { type PublicationOrigin, Publications } from "../../lib/ways/publications.ts";
import { openKernel } from "../support/kernel.ts";
import { RoomsFile } from "../support/rooms_file.ts";

const ENGINE = { dataDir: ":memory:", stored: FEATURES } as const;

/** Publishes each in turn; resolves with what the room `lobby` of a site has kept. */
async function keptOf(
  all: readonly (readonly [fields: Fields, origin?: PublicationOrigin])[],
  site = "default",
): Promise<Content[]> {
  await using engine = await openEmbedded(ENGINE);
  await using kernel = await openKernel(engine);
  const publications = kernel.use(Publications);
  for (const [fields, origin] of all) await publications.publish(fields, origin);
  const { publications: kept } = await engine.broker.history(roomChannel(site, "lobby"), {
    limit: 100,
  });
  return kept.map(({ publication }) => JSON.parse(encodeContent(publication)));
}

Deno.test("a message for a room has a text, data or both, and is from a system or a user", async () => {
  assert.deepEqual(
    await keptOf([
      [{ room: "lobby", message: "Hi" }],
      [{ room: "lobby", data: { id: 5 }, name: "Shop", more: "ignored" }],
      [{ room: "lobby", message: 12, data: null, user_id: 7 }],
      [{ room: "lobby", message: "x", event: "", user_id: "8", name: " Bob " }],
    ]),
    [
      { from: { name: "system" }, message: "Hi" },
      { from: { name: "Shop" }, data: { id: 5 } },
      { from: { user: "7", name: "7" }, message: "12" },
      { from: { user: "8", name: "Bob" }, message: "x" },
    ],
  );
});

Deno.test("a publication goes to the site that it names, else to that of its way", async () => {
  const all = [
    [{ room: "lobby", message: "none" }],
    [{ room: "lobby", message: "way" }, { site: "shop" }],
    [{ room: "lobby", message: "named", site: "shop" }],
    [{ room: "lobby", message: "both", site: "other" }, { site: "shop" }],
    [{ room: "lobby", message: "blank", site: "" }, { site: "shop" }],
  ] as const;
  const texts = async (site?: string) => (await keptOf(all, site)).map(({ message }) => message);
  assert.deepEqual(await texts(), ["none"]);
  assert.deepEqual(await texts("shop"), ["way", "named", "blank"]);
  assert.deepEqual(await texts("other"), ["both"]);
});

Deno.test("the same id is the same message, be it the sender's or that of the way", async () => {
  const texts = await keptOf([
    [{ room: "lobby", message: "one", id: "order-00001" }, { id: "entry-1-0" }],
    [{ room: "lobby", message: "two" }, { id: "entry-2-0" }],
    [{ room: "lobby", message: "one again", id: "order-00001" }, { id: "entry-3-0" }],
    [{ room: "lobby", message: "two again" }, { id: "entry-2-0" }],
  ]);
  assert.deepEqual(texts.map(({ message }) => message), ["one", "two"]);
});

const REFUSED: readonly [fields: Fields, code: string, message: RegExp][] = [
  [{}, "missing_field", /Missing field 'room'/],
  [{ room: "", topic: null }, "missing_field", /Missing field 'room' or 'topic'/],
  [{ room: true, message: "x" }, "invalid_field", /'room': current value is true/],
  [{ room: "r\n", message: "x" }, "invalid_field", /'room'/],
  [{ room: "lobby" }, "missing_field", /Missing field 'message'/],
  [{ room: "lobby", message: {} }, "invalid_field", /'message': current value is {}/],
  [{ room: "lobby", message: "x".repeat(10_001) }, "too_long", /10001, the limit is 10000/],
  [{ room: "lobby", data: "x".repeat(17_000) }, "too_long", /'data' is too long/],
  [{ room: "lobby", message: "x", id: "short" }, "invalid_field", /'id': current value is "short"/],
  [{ room: "lobby", message: "x", site: "a:b" }, "invalid_field", /'site': .*"a:b"/],
  [{ room: "lobby", message: "x", user_id: 1.5 }, "invalid_field", /'user_id'.* 1.5/],
  [{ room: "lobby", message: "x", event: "e" }, "invalid_field", /'event' beside 'message'/],
  [{ room: "lobby", event: 5 }, "invalid_field", /'event': current value is 5/],
  [{ topic: "T" }, "missing_field", /Missing field 'data'/],
  [{ topic: "T", data: [1] }, "invalid_field", /'data': current value is \[1\]/],
  [{ topic: "T", room: "lobby", data: {} }, "invalid_field", /'room' beside 'topic'/],
  [{ topic: "T", message: "x", data: {} }, "invalid_field", /'message' beside 'topic'/],
  [{ topic: true, data: {} }, "invalid_field", /'topic': current value is true/],
  [{ room: "closed", message: "x" }, "forbidden", /closed/],
];

Deno.test("what is wrong is refused, with the field and its value", async () => {
  await using file = await RoomsFile.write({ rooms: [{ pattern: "lobby" }], unknown: "closed" });
  await using engine = await openEmbedded(ENGINE);
  const { config } = readConfig({ APP_ROOMS: file.path });
  await using kernel = await openKernel(engine, { config });
  const publications = kernel.use(Publications);
  for (const [fields, code, message] of REFUSED) {
    await assert.rejects(publications.publish(fields), { code, message }, JSON.stringify(fields));
  }
});
