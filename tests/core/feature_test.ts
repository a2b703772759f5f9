/** The seam, where features go wrong: two of one name, none that proves who comes; and what a protocol has no frame for. */
import assert from "node:assert/strict";
import { Commands } from "../../lib/core/command.ts";
import type { Protocol } from "../../lib/core/connection.ts";
import { deliverToAll } from "../../lib/core/hub.ts";
import type { Outgoing } from "../../lib/core/outgoing.ts";
import type { Socket } from "../../lib/core/socket.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import type { Feature } from "../../lib/feature.ts";
import { FEATURES } from "../../lib/features.ts";
import { protocolV2 } from "../../lib/protocols/v2/v2.ts";
import { baseProtocol, openKernel } from "../support/kernel.ts";

const BOARD = { site: "default", kind: "board", name: "all" };

/** Puts everybody who has said who it is into one channel, and publishes a kind of its own there. */
const board: Feature = {
  name: "board",
  open: ({ node }) => ({
    kinds: { pin: deliverToAll },
    connection: {
      identified: (connection) => void node.subscribe(connection, BOARD),
      closed: (connection) => void node.unsubscribe(connection, BOARD),
    },
  }),
};

Deno.test("clients of the base protocol get no kind that it has no frame for; hooks say who came and went", async () => {
  await using engine = openEmbedded({ dataDir: ":memory:", stored: FEATURES });
  await using kernel = await openKernel(engine, { features: [...FEATURES, board] });
  const heard: Record<string, string[]> = { v1: [], v2: [] };
  const protocols: Record<string, Protocol> = {
    v1: baseProtocol(kernel),
    v2: protocolV2(new Commands([])),
  };
  const connections = Object.entries(protocols).map(([name, protocol]) => {
    const texts = heard[name] ?? [];
    const connection = kernel.node.accept(socketInto(texts), protocol, undefined);
    connection.identify(name, undefined);
    return connection;
  });
  await kernel.node.publish(BOARD, { kind: "pin", id: "1", at: 2, message: "Hello" });
  assert.deepEqual(heard["v1"], []);
  assert.deepEqual(heard["v2"]?.map((text) => JSON.parse(text)), [
    { type: "pin", id: "1", board: "all", message: "Hello", timestamp: 2 },
  ]);
  for (const connection of connections) connection.close();
  assert.equal(kernel.node.hub.get(BOARD), undefined);
});

Deno.test("two features, or two kinds, of one name are refused; so is a list in which none proves who comes", async () => {
  await using engine = openEmbedded({ dataDir: ":memory:", stored: FEATURES });
  const open = (features: readonly Feature[]) => openKernel(engine, { features });
  await assert.rejects(open([...FEATURES, board, board]), /Two features have the name 'board'/);
  const other: Feature = { ...board, name: "other" };
  await assert.rejects(open([...FEATURES, board, other]), /Two kinds of publications "pin"/);
  await assert.rejects(open([board]), /One feature, and no other, must prove who connections are/);
  assert.throws(
    () => openEmbedded({ dataDir: ":memory:", stored: [...FEATURES, { name: "history" }] }),
    /Two schemas have the name 'history'/,
  );
});

function socketInto(texts: string[]): Socket {
  return {
    batching: "none",
    bufferedAmount: 0,
    send: ({ text }: Outgoing) => void texts.push(text),
    close() {},
    cut() {},
    pause() {},
    resume() {},
    terminate() {},
  };
}
