/** What a push says of a group where nothing is to be said: nobody finds out which it is. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Database } from "../../lib/engines/database/database.ts";
import { UnsubscribeLinks } from "../../lib/preferences/links.ts";
import { AnswerLinks } from "../../lib/push/answer_links.ts";
import { Messages } from "../../lib/push/message.ts";
import type { Send } from "../../lib/push/store.ts";
import { testDatabases } from "../support/databases.ts";

const SEND: Send = {
  ...{ site: "default", user: "1", id: "n", device: "d", provider: "fcm", origin: "o" },
  ...{ what: "show", state: "waiting", why: "", round: 0, at: 1, dueAt: 1, heldUntil: 2, begun: 1 },
  ...{ attempts: 0, priority: 3, expiresAt: 1e12, body: "", group: "orders" },
};

function messagesOn(database: Database, hasText: boolean): Messages {
  const config = { afterMs: 0, ttlMs: 1, hasText, devices: 20 };
  const answers = new AnswerLinks(database, "");
  return new Messages({ answers, config, links: new UnsubscribeLinks(database, "") });
}

async function groups(messages: Messages, site: string, group: string) {
  const send = { ...SEND, site, group };
  const shown = await messages.show(send, { room: "r", details: { group } } as never, 0);
  return [shown.group, (await messages.close(send, 0)).group];
}

testDatabases("a group that is kept back has a name that nobody guesses", async (database) => {
  const kept = messagesOn(database, false);
  const [name, closed] = await groups(kept, "default", "orders");
  assert.equal(closed, name);
  assert.match(String(name), /^[\w-]{22}$/);
  const guessed = createHash("sha256").update("orders").digest("base64url").slice(0, 22);
  assert.notEqual(name, guessed);
  assert.deepEqual(await groups(messagesOn(database, false), "default", "orders"), [name, name]);
  const others = [await groups(kept, "shop", "orders"), await groups(kept, "default", "news")];
  assert.equal(new Set([name, ...others.flat()]).size, 3, "of each site and group its own");
  const said = await groups(messagesOn(database, true), "default", "orders");
  assert.deepEqual(said, ["orders", "orders"]);
});
