/** Who imports whom: each place only what the table allows, nobody another's stores, and no files in a circle. */
import assert from "node:assert/strict";
import { circlesIn, graphOf, type ImportGraph } from "./support/import_graph.ts";
import { faultsIn, faultsOfRules, type ImportRules } from "./support/import_rules.ts";
import { ROOT } from "./support/paths.ts";

const RULES: ImportRules = {
  // The house, from the ground up; see `ImportRules`.
  mayImport: {
    "lib/base": "",
    "lib/sdk": "base/close_codes.ts base/times.ts base/visible_text.ts",
    "lib/page":
      "sdk/mod.ts sdk/element/notifyli_inbox.ts sdk/view/*.ts sdk/core/frames.ts sdk/core/ids.ts base/visible_text.ts",
    "lib/dashboard":
      "base/pause.ts sdk/core/event_reader.ts page/components/kit/*.tsx page/theme.ts",
    "lib/api": "",
    "lib/build": "",
    "lib/build.ts": "build",
    "lib/config": "base",
    "lib/core": "base",
    "lib/log": "base config",
    "lib/net": "base config core/socket.ts",
    "lib/limits": "base config core net",
    "lib/engines": "base config core",
    "lib/listeners": "base config core limits/descriptors.ts",
    "lib/asks": "base config core net",
    "lib/auth/keys": "base config engines",
    "lib/auth/revocations": "base core engines",
    "lib/auth": "base config core net engines asks auth/revocations",
    "lib/http": "base core net limits/connection_gate.ts auth auth/keys",
    "lib/feature.ts": "config core limits/connection_gate.ts engines auth/tokens.ts http",
    "lib/asks/feature.ts": "limits/settings.ts feature.ts",
    "lib/auth/feature.ts": "asks feature.ts auth/revocations",
    "lib/auth/socket_api.ts": "base http",
    "lib/auth/*/routes.ts": "base http",
    "lib/auth/*/api.ts": "base http",
    "lib/auth/*/feature.ts": "core/task.ts limits/settings.ts http/openapi/described.ts feature.ts",
    "lib/rooms": "base config core limits engines asks auth auth/revocations http feature.ts",
    "lib/topics": "base config core limits asks auth auth/revocations http feature.ts rooms",
    "lib/files":
      "base config core net limits/settings.ts engines listeners/settings.ts asks http feature.ts",
    "lib/backup": "base core engines auth http feature.ts files",
    "lib/audiences": "base config core limits engines http feature.ts topics",
    "lib/preferences": "base config core limits engines listeners/settings.ts http feature.ts",
    "lib/inbox":
      "base config core net limits engines http feature.ts audiences files preferences rooms topics",
    "lib/push/types.ts": "base inbox",
    "lib/push/provider.ts": "push/types.ts",
    "lib/push/providers":
      "base config net engines feature.ts inbox push/types.ts push/provider.ts sdk/view/markdown.ts",
    "lib/push":
      "base config core limits engines listeners/settings.ts auth/revocations http feature.ts preferences inbox push/types.ts push/provider.ts push/providers sdk/view/markdown.ts",
    "lib/presence": "base config core limits engines http feature.ts",
    "lib/contacts": "base config core limits engines http feature.ts presence",
    "lib/conversations":
      "base config core limits engines asks auth/revocations http feature.ts files contacts presence",
    "lib/protocols/chat": "base core auth feature.ts conversations",
    "lib/protocols":
      "base core net limits listeners/settings.ts auth http feature.ts rooms topics inbox presence conversations protocols/chat",
    "lib/hooks":
      "base config core net engines listeners/settings.ts feature.ts rooms inbox presence push conversations",
    "lib/ways":
      "base config core limits/settings.ts engines listeners/settings.ts auth/keys feature.ts rooms topics inbox",
    "lib/observe": "base config core engines http feature.ts",
    "lib/admin":
      "base config core log limits engines listeners/settings.ts auth auth/revocations http feature.ts rooms inbox presence push conversations hooks ways observe",
    "bridge.ts": "base core engines inbox ways",
    // Any other capability: it needs no line of its own.
    "*":
      "base config core net limits engines listeners/settings.ts auth auth/keys auth/revocations http feature.ts rooms inbox presence contacts conversations *",
    "lib/features.ts": "feature.ts */feature.ts */*/feature.ts",
    "lib/configuration.ts":
      "base/distinct.ts config log/settings.ts net/settings.ts limits/settings.ts engines listeners/settings.ts auth/settings.ts features.ts",
    "lib/kernel.ts":
      "base config core limits engines auth http feature.ts features.ts configuration.ts",
    "lib/server.ts":
      "base config core net limits engines listeners asks auth auth/keys http feature.ts rooms protocols protocols/chat admin features.ts configuration.ts kernel.ts",
    "lib/publisher":
      "base config limits/settings.ts engines auth/keys/fields.ts rooms topics inbox",
    "lib/library":
      "base core log asks auth/keys rooms inbox hooks ways * configuration.ts server.ts",
    "lib/commands":
      "base config core log net limits/descriptors.ts engines listeners/knock.ts auth auth/keys rooms topics backup inbox ways push/providers sdk features.ts configuration.ts server.ts publisher",
    "main.ts": "base commands",
  },
  exceptions: {
    "lib/base/version.ts -> deno.json": "the program's version stands there",
    "lib/asks/http_asker.ts -> lib/hooks/signature.ts": "questions are signed as webhooks are",
    "lib/asks/settings.ts -> lib/hooks/secret.ts": "the kind of a secret that both are signed with",
    "lib/asks/active_askers.ts -> lib/rooms/rules/patterns.ts": "how patterns of names are read",
    "lib/ways/feature.ts -> bridge.ts": "the bridge is a part of ways, in a file that users know",
    "bridge.ts -> lib/ways/redis_keys.ts": "the same, from the other side",
    "lib/auth/audit.ts -> lib/auth/revocations/store.ts": "the type of what is revoked",
    "lib/http/caller.ts -> lib/auth/keys/store.ts": "the type of a key",
    "lib/hooks/receipts.ts -> lib/inbox/store/store.ts": "the type of receipts",
    "lib/protocols/sse/sse_plain.ts -> lib/inbox/store/store.ts": "the type of a synced inbox",
    "lib/protocols/v2/commands.ts -> lib/inbox/store/store.ts": "the type of a synced inbox",
    "lib/ways/redis_keys.ts -> lib/inbox/store/redis_keys.ts":
      "what the ways refuse and what inboxes refuse is kept in one place",
    "lib/ways/dead_entries.ts -> lib/inbox/store/redis_keys.ts": "the same",
    "lib/ways/stream_aside.ts -> lib/inbox/store/redis_keys.ts": "the same",
    "lib/publisher/publisher.ts -> lib/rooms/store/store.ts": "the type of who is connected",
    "lib/publisher/publisher.ts -> lib/rooms/store/connections.ts":
      "it runs without a server, and reads what nodes have written",
    "lib/commands/key_ring.ts -> lib/auth/keys/sqlite.ts":
      "it opens the store where no server runs",
    "lib/commands/key_ring.ts -> lib/auth/keys/redis.ts": "it opens the store where no server runs",
  },
};

const ENTRIES = [
  "main.ts",
  "bridge.ts",
  "lib/publisher/publisher.ts",
  "lib/library/notifyli_server.ts",
  "lib/api/notifyli_api.ts",
  "lib/build.ts",
  "lib/sdk/mod.ts",
  "lib/sdk/tabs/shared_worker.ts",
  "lib/sdk/element/notifyli_inbox.ts",
  "lib/sdk/element/more.ts",
  "lib/sdk/push/worker/worker.ts",
  "lib/files/content/thumbnail_worker.ts",
  "lib/page/main.tsx",
  "lib/dashboard/main.tsx",
];

const program = await graphOf(ENTRIES);
/** The files that none of the entries leads to. */
const lost = [...sourcesIn("lib")].filter((file) => !program.has(file));
const whole: ImportGraph = new Map([...program, ...await graphOf(lost)]);

Deno.test("every file is imported by something that is started", () => {
  assert.ok(program.size > 300, `${program.size} files are few`);
  assert.deepEqual(lost, []);
});

Deno.test("every place imports only what it may", () => {
  assert.deepEqual(faultsIn(whole, RULES), []);
});

Deno.test("the rules allow no more than what is done, and read from the ground up", () => {
  assert.deepEqual(faultsOfRules(whole, RULES), []);
});

Deno.test("no files import each other in a circle, not for their types either", () => {
  assert.deepEqual(circlesIn(whole), []);
});

Deno.test("a new capability needs no line in the table", () => {
  const used = ["lib/feature.ts", "lib/core/node.ts", "lib/http/route.ts", "lib/rooms/rooms.ts"];
  for (const each of [...used, "lib/notes/store.ts", "lib/auth/external/external.ts"]) {
    assert.deepEqual(faultsOf("lib/notes/feature.ts", each), []);
  }
});

/** Who imports whom against the rules, and what is said of it. */
const FAULTS: readonly [file: string, imported: string, fault: RegExp][] = [
  ["lib/core/held.ts", "lib/sdk/mod.ts", /, but lib\/core may import only base$/],
  ["lib/core/held.ts", "lib/page/main.tsx", /, but lib\/core may import only base$/],
  ["lib/core/held.ts", "lib/notes/notes.ts", /, but lib\/core may import only base$/],
  ["lib/base/queue.ts", "lib/core/node.ts", /, but lib\/base may import only its own files$/],
  ["lib/sdk/client.ts", "lib/base/fields.ts", /lib\/sdk may import only base\/close_codes\.ts, /],
  ["lib/build/bundle.ts", "lib/sdk/mod.ts", /lib\/build may import only its own files$/],
  [
    "lib/limits/rate.ts",
    "lib/engines/storage.ts",
    /lib\/limits may import only base, config, core/,
  ],
  [
    "lib/limits/rate.ts",
    "lib/listeners/listen.ts",
    /lib\/limits may import only base, config, core/,
  ],
  ["lib/hooks/sender.ts", "lib/ways/turn_lock.ts", /lib\/hooks may import only /],
  ["lib/hooks/sender.ts", "lib/protocols/upgrade.ts", /lib\/hooks may import only /],
  ["lib/hooks/sender.ts", "lib/rooms/store/redis.ts", /only lib\/rooms may import its stores$/],
  [
    "lib/hooks/sender.ts",
    "lib/inbox/store/sqlite_inbox.ts",
    /only lib\/inbox may import its stores$/,
  ],
  ["lib/hooks/sender.ts", "lib/inbox/feature.ts", /only lib\/features\.ts opens the doors/],
  ["lib/notes/notes.ts", "lib/inbox/store/store.ts", /only lib\/inbox may import its stores$/],
  ["lib/notes/notes.ts", "lib/auth/external/sqlite.ts", /only lib\/auth\/external may import its/],
  [
    "lib/notes/notes.ts",
    "lib/hooks/sender.ts",
    /a capability without a line of its own may import/,
  ],
  ["lib/kernel.ts", "lib/notes/notes.ts", /lib\/kernel\.ts may import only /],
  [
    "lib/zzz/zzz.ts",
    "lib/base/queue.ts",
    /^lib\/zzz\/zzz\.ts stands on no floor: lib\/zzz is neither/,
  ],
  ["lib/zzz.ts", "lib/base/queue.ts", /^lib\/zzz\.ts stands on no floor: lib\/zzz\.ts is neither/],
];
for (const [file, imported, fault] of FAULTS) {
  Deno.test(`it is a fault if ${file} imports ${imported}`, () => {
    const [told = "", ...more] = faultsOf(file, imported);
    assert.ok(told.startsWith(file), told);
    assert.match(told, fault);
    assert.deepEqual(more, []);
  });
}

Deno.test("it is a fault if the rules allow more than is done, or what stands above", () => {
  const graph = new Map([["lib/net/origin.ts", new Set(["lib/base/queue.ts"])]]);
  const rules = { mayImport: { "lib/net": "core base log", "lib/base": "", "lib/log": "" } };
  assert.deepEqual(faultsOfRules(graph, { ...rules, exceptions: { "a.ts -> b.ts": "why" } }), [
    "No file needs the exception a.ts -> b.ts any more: take it out",
    "lib/net does not import core any more: take it out",
    "lib/net does not import log any more: take it out",
    "lib/net may import base, which does not stand above it",
    "lib/net may import log, which does not stand above it",
  ]);
});

/** What is wrong in a program where one file imports another, and two capabilities have no lines of their own. */
function faultsOf(file: string, imported: string): string[] {
  const features = ["auth", "rooms", "inbox", "hooks", "ways", "notes", "auth/external"];
  const graph: ImportGraph = new Map([
    ["lib/features.ts", new Set(features.map((each) => `lib/${each}/feature.ts`))],
    [file, new Set([imported])],
  ]);
  return faultsIn(graph, RULES);
}

function* sourcesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(ROOT + folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sourcesIn(path);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}
