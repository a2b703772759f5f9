/**
 * `docs/limits.md`, `docs/guarantees.md` and `SECURITY.md`: each sentence with a number says what the code has; of other pages
 * those that no other test holds. A sentence here is made of the code's constants, and has to stand in the page.
 */
import assert from "node:assert/strict";
import { DISCONNECTS, ERRORS } from "../../lib/base/errors.ts";
import {
  CLIENTS_ID_SECONDS,
  POSITION_SECONDS,
  positionSeconds,
} from "../../lib/core/publication.ts";
import { answerCharacters, framesOf, MAX_ANSWER } from "../../lib/core/work.ts";
import { HELD_MS, LOOK_MS } from "../../lib/inbox/timing/timers.ts";
import { LEASE_MS } from "../../lib/files/store/leases.ts";
import { PIECE_BYTES } from "../../lib/files/store/s3_uploads.ts";
import { MAX_PAGE } from "../../lib/core/command_fields.ts";
import { MAX_LINES } from "../../lib/core/frame_queue.ts";
import { MOST_REFUSED } from "../../lib/inbox/store/redis_keys.ts";
import { KNOWN } from "../../lib/configuration.ts";
import { sharePlaces } from "../../lib/limits/descriptors.ts";
import { addressKey } from "../../lib/net/addresses.ts";
import { retryAfterSeconds } from "../../lib/limits/connection_gate.ts";
import { MOST_PLAIN_BYTES } from "../../lib/push/providers/encryption.ts";
import { MAX_PRESENCE } from "../../lib/rooms/rules/rule.ts";
import { MAX_KEPT_LENGTH } from "../../lib/ways/heard_payloads.ts";
import { constantOf, luaConstantOf } from "../support/constants.ts";
import { MOST_UNWRITTEN } from "../../lib/hooks/events/store.ts";
import { ROOT } from "../support/paths.ts";

const WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

const MIB = 1024 * 1024;

const usual = (name: string) => KNOWN.get(name)?.default ?? "";
const [PER_SECOND = 0, AT_ONCE = 0] = usual("APP_RATE_MESSAGES").split("/").map(Number);
/** What a question costs that has the longest answer: its frame, and what was read. */
const LONGEST = 1 + framesOf({ entries: 0, characters: MAX_ANSWER });
const UNIT = Number(
  /^LimitNOFILE=(\d+)$/m.exec(await Deno.readTextFile(`${ROOT}systemd/notifyli.service`))?.[1],
);

assert.equal(addressKey("2001:db8:1:2::1"), addressKey("2001:db8:1:2:ffff::1"), "a /64 is one");
assert.equal(answerCharacters({ queue: 400 }), 100, "a quarter");
assert.equal(await constantOf("engines/history_budget.ts", "RELIEVED_PART"), 0.9);
assert.equal(await constantOf("engines/sqlite/space.ts", "LOOK_EVERY_MS"), 60_000);
assert.equal(await constantOf("engines/sqlite/space.ts", "KEPT_PART"), 0.1);
assert.equal(await constantOf("engines/sqlite/rewrite.ts", "FREE_PART"), 0.25);
assert.equal(await constantOf("inbox/store/sqlite_sweep.ts", "NEVER_USED_MS"), 24 * 3_600_000);
assert.equal(await constantOf("limits/rate.ts", "PAUSE_MS"), 1000);
assert.equal(await constantOf("limits/descriptors.ts", "HTTP_SHARE"), 0.1);
assert.equal(await constantOf("files/store/piece_memory.ts", "WAIT_MS"), 60_000);
assert.equal(await constantOf("files/uploads.ts", "NOTE_MS"), 1000);
assert.equal(await constantOf("files/store/disk_writer.ts", "SYNC_BYTES"), PIECE_BYTES);

const FRAGMENTS = {
  most: await constantOf("listeners/node_upgrades.ts", "MAX_FRAGMENTS"),
  bytes: await constantOf("listeners/node_upgrades.ts", "LEAST_FRAGMENT_BYTES"),
};
const A_FRAME = {
  entries: await constantOf("core/work.ts", "ENTRIES_A_FRAME"),
  characters: await constantOf("core/work.ts", "CHARACTERS_A_FRAME"),
};

const days = (ms: number) => ms / (24 * 3_600_000);
const closing = ({ code }: { readonly code: number }) => `${code}`;

/** The pages of which each number is compared. */
const WHOLE = ["docs/limits.md", "docs/guarantees.md", "SECURITY.md"];

/** What each page says, as the code has it. What is measured, or the runtime's, stands as it is. */
const SENTENCES: Readonly<Record<string, readonly string[]>> = {
  "docs/limits.md": [
    `with ${ERRORS.address_denied.status} or ${ERRORS.too_many_connections.status} and`,
    `is closed with ${closing(DISCONNECTS.too_many_connections)}; frames count`,
    `more than ${await constantOf("listeners/node_requests.ts", "MOST_WAITING")} requests wait`,
    "IPv6 by its /64",
    `has ${
      await constantOf("auth/connection_auth.ts", "PROOF_DEADLINE_MS") / 1000
    } seconds at the most`,
    `means ${PER_SECOND} a second in the long run, and ${grouped(AT_ONCE)} at once`,
    `${usual("APP_LIMIT_ROOMS")} rooms to enter and ` +
    `${grouped(await constantOf("sdk/core/outbox.ts", "QUEUE_LIMIT"))} messages to send`,
    `to a bucket has up to ${PIECE_BYTES / MIB} MiB in memory`,
    `gives it back after ${
      await constantOf("files/store/piece_memory.ts", "TURN_MS") / 1000
    } seconds. One that has waited for a minute, or comes behind ${
      grouped(await constantOf("files/store/piece_memory.ts", "MOST_WAITING"))
    } others, is refused`,
    `is more than ${FRAGMENTS.most * FRAGMENTS.bytes / 1024} KiB, a message`,
    `one for each ${FRAGMENTS.bytes / 1024} KiB of the limit`,
    `closed with ${closing(DISCONNECTS.too_many_frames)}, or because`,
    "costs about 25 ns and no memory", // measured
    `closed with ${closing(DISCONNECTS.stalled)}, whatever`,
    `its content and ${await bytesBeside()} bytes`,
    "before version 0.3 gives",
    `where ${
      await constantOf("engines/sqlite/rewrite.ts", "REWRITTEN_BYTES") / 1e6
    } MB or less are in use`,
    `an empty one for ${
      days(await constantOf("inbox/store/sqlite_sweep.ts", "EMPTY_MS"))
    } days, or`,
    `in Redis the one for ${
      days(await constantOf("inbox/store/redis_inbox.ts", "EMPTY_MS"))
    } days, or`,
    `for each ${A_FRAME.entries} entries, or for each ${grouped(A_FRAME.characters)} characters`,
    `where there are more than ${A_FRAME.entries}; \`read\` with \`all\` counts as ${MAX_PAGE}`,
    `read ${Math.floor(PER_SECOND / LONGEST)} times a second`,
    `and ${Math.floor(AT_ONCE / LONGEST / 10) * 10} times at once`,
    `enters ${usual("APP_LIMIT_ROOMS")} rooms at once`,
    `has ${grouped(MAX_ANSWER)} characters at most`,
    `assumes ${grouped(await constantOf("limits/descriptors.ts", "ASSUMED_LIMIT"))} if`,
    `${await constantOf("limits/descriptors.ts", "RESERVE_SHARE") * 100} %, and at least ` +
    `${await constantOf("limits/descriptors.ts", "LEAST_RESERVE")}, are a reserve`,
    `of the rest, ${
      grouped(await constantOf("limits/descriptors.ts", "HTTP_CONNECTIONS"))
    }, and at most a tenth`,
    `The unit's ${grouped(UNIT)} make ${grouped(clientsOf(UNIT))} clients`,
    `After ${
      await constantOf("listeners/accepting.ts", "GIVE_UP_MS") / 1000
    } s without success it tells its ` +
    `clients to come back (${closing(DISCONNECTS.shutdown)}) and ends with code 1`,
    `Every ${
      await constantOf("listeners/accepting.ts", "CHECK_MS") / 1000
    } s it connects to itself`,
    `after ${
      await constantOf("listeners/accepting.ts", "GIVE_UP_MS") / 1000
    } s, the server is started anew`,
    "a frame may have 64 MiB", // the runtime's
    `at most ${await constantOf("base/said_fields.ts", "MAX_DEPTH")} arrays and objects stand in`,
    `A notification has ${await constantOf(
      "inbox/details/actions.ts",
      "MOST_ACTIONS",
    )} actions at ` +
    `most, and a reply to one has ${
      grouped(await constantOf("inbox/acts/acts.ts", "REPLY"))
    } characters at most`,
    `calls has ${await constantOf("inbox/acts/call.ts", "TIMEOUT_MS") / 1000} s to answer, and ` +
    `${await constantOf("inbox/acts/call.ts", "SHOWN_BYTES") / 1024} KiB of its answer`,
    `A push service has ${await constantOf("push/providers/requests.ts", "TIMEOUT_MS") / 1000} s ` +
    `to answer, and ${
      await constantOf("push/providers/requests.ts", "MOST_ANSWER_BYTES") / 1024
    } KiB of its answer are read. Of at most ${
      grouped(await constantOf("push/providers/vapid.ts", "MOST_ORIGINS"))
    } push services a signature is kept, and of ${
      grouped(await constantOf("push/providers/breaker.ts", "MOST_ORIGINS"))
    } that they fail, since clients name them; at most ${
      grouped(await constantOf("push/providers/mail.ts", "MOST_WAITING"))
    } mails wait`,
    `A message mentions at most ${await constantOf("conversations/content.ts", "MOST_MENTIONS")} ` +
    `users and has at most ${await constantOf("conversations/store/changing.ts", "MOST_EMOJI")} ` +
    "different reactions",
    `in groups of up to ${await constantOf("conversations/typing.ts", "MOST_MEMBERS")} members`,
    `goes through the ${await constantOf(
      "conversations/store/searching.ts",
      "SEARCHED_CONVERSATIONS",
    )} conversations`,
  ],
  "docs/guarantees.md": [
    "HTTP 200 or 201, exit code 0 of",
    `at most ${await constantOf("base/steady_clock.ts", "CATCH_UP")} times as fast as time passes`,
    `within ${WORDS[CLIENTS_ID_SECONDS / 60]} minutes is one message`,
    `within ${await takenOverAfter()} s, or ` +
    `${
      await takenOverAfter() + await constantOf("ways/bridge_router.ts", "NEW_MS") / 1000
    } s where`,
    "Redis forgets it, and answers 0.",
    `beyond ${MAX_KEPT_LENGTH / 1e6} million characters`,
    // After that it is taken at the next look, and begun with the next.
    `another one does within ${(HELD_MS + 2 * LOOK_MS) / 1000} s`,
    `kept for ${hours(POSITION_SECONDS)} after that, a persistent room's for ` +
    `${days(positionSeconds({ size: 1, seconds: 1, persistent: true }) * 1000)} days`,
  ],
  "docs/redis.md": [
    `up to ${MAX_KEPT_LENGTH / 1e6} million characters, then`,
    `dies, another one goes on within ${await takenOverAfter()} s, just where`,
    `For the first ${
      await constantOf("ways/bridge_router.ts", "NEW_MS") / 1000
    } s after a node connected`,
    `The last ${await luaConstantOf("engines/redis/epoch.lua", "MOST_ENDS")} epochs are known.`,
    `its position ${hours(POSITION_SECONDS)} after that message at the earliest, or ` +
    `${days(positionSeconds({ size: 1, seconds: 1, persistent: true }) * 1000)} days where`,
    `made, for ${WORDS[CLIENTS_ID_SECONDS / 60]} minutes`,
  ],
  "docs/notifications.md": [
    `another one goes on within ${await takenOverAfter()} s. The fields`,
    `more than ${await constantOf("inbox/notification.ts", "MAX_DAYS_AHEAD")} days ahead`,
    `the last ${grouped(MOST_REFUSED)} of them, each with`,
    `the oldest of more than ${
      grouped(await constantOf("hooks/receipts.ts", "LOG_SIZE"))
    } that wait`,
    `none within ${await constantOf("hooks/endpoint.ts", "TIMEOUT_MS") / 1000} s, or`,
    `that ${WORDS[await constantOf("hooks/sender.ts", "PASSED_ON_AFTER")]} times in a row`,
  ],
  "docs/events.md": [
    `A request has up to ${await constantOf("hooks/events/telling.ts", "BATCH_SIZE")} events`,
    `up to ${grouped(MOST_UNWRITTEN)} events wait in the process`,
    `Answer with any 2xx within ${await constantOf("hooks/endpoint.ts", "TIMEOUT_MS") / 1000} s`,
    `one that ${WORDS[await constantOf("hooks/sender.ts", "PASSED_ON_AFTER")]} times in a row`,
  ],
  "docs/files.md": [
    `another one goes on after ${LEASE_MS / 1000} seconds at the most, from what was safe, ` +
    `which is noted after each ${PIECE_BYTES / MIB} MiB, and once a second at the most`,
    `by a link of ${WORDS[await constantOf("files/files.ts", "DIRECT_SECONDS") / 60]} minutes`,
  ],
  "docs/push.md": [
    `in steps of ${await constantOf("push/providers/encryption.ts", "PADDING_STEP")} bytes`,
    `too large (${grouped(MOST_PLAIN_BYTES)} bytes)`,
    `no answer within ${await constantOf("push/providers/requests.ts", "TIMEOUT_MS") / 1000} s`,
    `fails ${WORDS[await constantOf("push/providers/breaker.ts", "FAILURES")]} times in a row ` +
    `rests for ${await constantOf("push/providers/breaker.ts", "FIRST_REST_MS") / 1000} s, and ` +
    `after each further attempt twice as long, up to ${
      await constantOf("push/providers/breaker.ts", "LONGEST_REST_MS") / 60_000
    } minutes`,
  ],
  "docs/protocol.md": [
    `The same \`id\` again from the same user within ${WORDS[CLIENTS_ID_SECONDS / 60]} minutes`,
  ],
  "docs/api-keys.md": [
    `as many as \`?limit=\` says, ${grouped(MAX_PAGE)} at most, and ${
      grouped(MAX_ANSWER)
    } characters`,
  ],
  "SECURITY.md": ["made with mode 0700, and its files with 0600"],
};

for (const [page, sentences] of Object.entries(SENTENCES)) {
  const text = plain(withoutTables(await Deno.readTextFile(`${ROOT}${page}`)));

  Deno.test(`${page}: what it says in numbers is so`, () => {
    for (const sentence of sentences) assert.ok(text.includes(sentence), sentence);
  });

  if (!WHOLE.includes(page)) continue;
  Deno.test(`${page}: no number is said that nobody compares`, () => {
    const rest = sentences.reduce((left, sentence) => left.replaceAll(sentence, " … "), text)
      .replaceAll(/`[^`]*`|\]\([^)]*\)/g, "…"); // names, commands, addresses
    const left = [...rest.matchAll(/.{0,40}\d.{0,20}/g)].map(([around]) => around)
      .filter((around) => !/version 2|SHA-256|HS256|IPv[46]/.test(around));
    assert.deepEqual(left, []);
  });
}

Deno.test("docs/limits.md: limits without a setting are those of the code", async () => {
  const page = plain(await Deno.readTextFile(`${ROOT}docs/limits.md`));
  const limits: Readonly<Record<string, number>> = {
    "lines of a message of version 2": MAX_LINES,
    "commands that are worked on at once": await constantOf("core/lanes.ts", "MOST_AT_ONCE"),
    "fragments of a message; `node` listener": FRAGMENTS.most,
    "users named in a room, by its rule": MAX_PRESENCE,
  };
  for (const [limit, value] of Object.entries(limits)) {
    assert.ok(page.includes(`| ${limit} | | \`${value}\` |`), limit);
  }
  const beside = grouped(await constantOf("limits/descriptors.ts", "HTTP_CONNECTIONS"));
  assert.ok(page.includes(`connections of all kinds, ${beside} beside`));
  assert.equal(retryAfterSeconds(5000), "5");
});

/** Without the tables of limits, which `limits/limits_test.ts` compares. */
function withoutTables(markdown: string): string {
  return markdown.replaceAll(
    /(?<=<!-- table: (connections|messages|kept|requests) -->\n\n)(\|.*\n)+/g,
    "",
  );
}

/** A page in one line, with one space between words. */
function plain(markdown: string): string {
  return markdown.replaceAll(/\s+/g, " ");
}

/** As pages write a number: 262,144. */
function grouped(number: number): string {
  return number.toLocaleString("en");
}

function hours(seconds: number): string {
  assert.equal(seconds, 3600);
  return "an hour";
}

function clientsOf(limit: number): number {
  return sharePlaces({ limit, open: 30, isKnown: true }, Infinity).clients;
}

/** How soon another node has the turn: the lock has ended, and somebody has asked for it. */
async function takenOverAfter(): Promise<number> {
  return (await constantOf("ways/turn_lock.ts", "LASTS_MS") + 1000) / 1000;
}

/** What a notification takes beside its content: with SQLite and in Redis the same. */
async function bytesBeside(): Promise<number> {
  const [sqlite, lua] = await Promise.all(
    ["sqlite_inbox_statements.ts", "inbox.lua"].map((file) =>
      Deno.readTextFile(`${ROOT}lib/inbox/store/${file}`)
    ),
  );
  const [, bytes] = /EACH_BYTES = (\d+)/.exec(sqlite ?? "") ?? [];
  assert.equal(/EACH_BYTES = (\d+)/.exec(lua ?? "")?.[1], bytes);
  return Number(bytes);
}
