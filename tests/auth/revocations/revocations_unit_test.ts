/** Revocations as a node keeps them: what is read while they change, and who is accepted in that very moment. */
import assert from "node:assert/strict";
import { Revocations } from "../../../lib/auth/revocations/revocations.ts";
import { TokenVerifier } from "../../../lib/auth/tokens.ts";
import { readConfig } from "../../../lib/configuration.ts";
import type { Revocation, RevocationStore } from "../../../lib/auth/revocations/store.ts";
import { FEATURES } from "../../../lib/features.ts";
import { type EmbeddedEngine, openEmbedded } from "../../../lib/engines/embedded.ts";
import type { Disconnect } from "../../../lib/base/errors.ts";
import type { Kernel } from "../../../lib/kernel.ts";
import { RevocationGuard } from "../../../lib/auth/revocations/guard.ts";
import { membershipsOf } from "../../../lib/rooms/membership.ts";
import { Rooms } from "../../../lib/rooms/rooms.ts";
import { baseProtocol, openKernel } from "../../support/kernel.ts";
import type { Socket } from "../../../lib/core/socket.ts";
import { APP_KEY, connectionToken } from "../../support/tokens.ts";
import { waitFor } from "../../support/wait.ts";

const SITE = "default";
const { config } = readConfig({ APP_KEY });

Deno.test("Revocations takes what changes while it reads the store, and keeps what it knew where it cannot", async () => {
  const readings: PromiseWithResolvers<Revocation[]>[] = [];
  const revocations = new Revocations(storeThatReads(() => {
    readings.push(Promise.withResolvers());
    return readings.at(-1)?.promise ?? assert.fail();
  }));
  const isBlocked = (user: string) => revocations.blockOf(SITE, user) !== undefined;
  const refusal = () => revocations.refusal({ site: SITE, user: "1" })?.code;
  assert.equal(refusal(), "unavailable", "nothing is known yet");

  const first = revocations.load();
  revocations.take({ type: "revoked", revocation: block("2") });
  revocations.take({ type: "lifted", revocation: block("3") });
  readings[0]?.resolve([block("1"), block("3")]); // as it was before
  await first;
  assert.deepEqual(["1", "2", "3"].map(isBlocked), [true, true, false]);
  assert.equal(refusal(), "blocked");

  const failing = revocations.load();
  readings[1]?.reject(new Error("away"));
  await assert.rejects(failing, /away/);
  assert.deepEqual(["1", "2", "3"].map(isBlocked), [true, true, false]);

  assert.equal(revocations.isComplete, true);
  const before = revocations.load();
  revocations.noteMissed();
  readings[2]?.resolve([block("1"), block("2")]);
  await before;
  assert.equal(revocations.isComplete, false, "what was read is older than what was missed");

  const last = revocations.load();
  readings[3]?.resolve([]); // they were lifted while this node was cut off, so the store does not take them back
  await waitFor("it asks the store once more", () => readings[4]);
  readings[4]?.resolve([]);
  await last;
  assert.deepEqual(["1", "2", "3"].map(isBlocked), [false, false, false]);
  assert.equal(revocations.isComplete, true);
});

Deno.test("Revocations forgets what has ended", async () => {
  const revocations = new Revocations(storeThatReads(() => Promise.resolve([])));
  await revocations.load();
  const [now, user] = [Date.now(), { site: SITE, user: "1", tokenId: "t" }];
  revocations.take({
    type: "revoked",
    revocation: { site: SITE, kind: "token", name: "t", at: now, expiresAt: now - 1 },
  });
  assert.equal(revocations.refusal(user), undefined);
  revocations.forgetEnded();
  assert.equal(revocations.refusal(user), undefined);
});

Deno.test("Node closes a connection whose token was revoked between its handshake and its opening", async () => {
  await using engine = openEmbedded({ dataDir: ":memory:", stored: FEATURES });
  const { kernel, tokens } = await start(engine);
  const { node } = kernel;
  const revocations = kernel.use(Revocations);
  const protocol = baseProtocol(kernel);
  const identity = await tokens.connection(await connectionToken({ jti: "token-1" }));
  revocations.require(identity);
  const [before, after] = [new FakeSocket(), new FakeSocket()];
  node.accept(before, protocol, identity);
  await revocations.add({ site: SITE, kind: "token", name: "token-1", at: Date.now() });
  assert.equal(before.closed?.code, 3503);
  assert.equal(node.accept(after, protocol, identity).closed, true);
  assert.equal(after.closed?.code, 3503);
  assert.equal([...node.connections].length, 0);
  await kernel[Symbol.asyncDispose]();
});

Deno.test("Node lets nobody into a room by a token that was revoked while a place there was looked for", async () => {
  await using engine = openEmbedded({ dataDir: ":memory:", stored: FEATURES });
  const { kernel, tokens } = await start(engine);
  const { node } = kernel;
  const rooms = kernel.use(Rooms);
  const identity = await tokens.connection(await connectionToken());
  const client = node.accept(new FakeSocket(), baseProtocol(kernel), identity);
  client.identify("123", undefined);
  const room = { room: "vip", name: "Alice", maxClients: 5 };
  const join = (tokenId: string) =>
    rooms.entry.join(client, "123", { ...room, token: { site: SITE, user: "123", tokenId } });
  const joining = join("room-1");
  kernel.use(RevocationGuard).take({
    type: "revoked",
    revocation: { site: SITE, kind: "token", name: "room-1", at: Date.now() },
  });
  await assert.rejects(joining, { code: "revoked_token" });
  assert.equal(membershipsOf(client).size, 0);
  const { users } = await rooms.presence.list(SITE, "vip", { limit: 50 });
  assert.deepEqual(users, [], "its place is free again");
  await join("room-2");
  assert.equal(membershipsOf(client).size, 1);
  await kernel[Symbol.asyncDispose]();
});

async function start(engine: EmbeddedEngine): Promise<{ kernel: Kernel; tokens: TokenVerifier }> {
  const { auth, limits } = config;
  assert.ok(auth.tokens);
  const tokens = await TokenVerifier.open(auth.tokens, limits);
  return { kernel: await openKernel(engine, { config, tokens }), tokens };
}

function block(name: string): Revocation {
  return { site: SITE, kind: "block", name, at: 1 };
}

function storeThatReads(list: RevocationStore["list"]): RevocationStore {
  return {
    list,
    add: () => assert.fail(),
    remove: () => assert.fail(),
    restore: () => Promise.resolve(),
    disconnect: () => assert.fail(),
  };
}

class FakeSocket implements Socket {
  readonly batching = "none";
  readonly bufferedAmount = 0;
  closed: Disconnect | undefined;

  send(): void {}

  close(disconnect: Disconnect): void {
    this.closed = disconnect;
  }

  cut(): void {}

  pause(): void {}

  resume(): void {}

  terminate(): void {}
}
