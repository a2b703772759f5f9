/** What keeps revocations, on every engine. */
import assert from "node:assert/strict";
import { REVOCATIONS_SQL } from "../../../lib/auth/revocations/sqlite.ts";
import type { Revocation } from "../../../lib/auth/revocations/store.ts";
import { testEngines } from "../../support/engines.ts";
import { waitFor } from "../../support/wait.ts";

const SITE = "default";

Deno.test("the tables of revocations have version 1", () => {
  assert.equal(REVOCATIONS_SQL.length, 1);
});

testEngines("keeps revocations of all kinds, and has told its node of each by then", async (
  { revocations },
  _heard,
  changes,
) => {
  assert.deepEqual(await revocations.list(), []);
  const all = [
    revocation("token", "a b:c\nd 🎉", { expiresAt: Date.now() + 60_000 }),
    revocation("session", "0"),
    revocation("user", "user@example.org", { site: "acme" }),
    revocation("site", ""),
    revocation("block", "1"),
  ];
  for (const each of all) {
    await revocations.add(each);
    assert.deepEqual(changes.at(-1), { type: "revoked", revocation: each });
  }
  const byKind = (one: Revocation, other: Revocation) => one.kind < other.kind ? -1 : 1;
  assert.deepEqual((await revocations.list()).sort(byKind), all.sort(byKind));
  await revocations.disconnect("acme", "a:b");
  await waitFor(
    "it is told to disconnect",
    () =>
      changes.some((change) =>
        change.type === "disconnect" && change.site === "acme" && change.user === "a:b"
      ),
  );
});

testEngines(
  "never shortens a revocation, but takes the last word on a block",
  async ({ revocations }) => {
    const [soon, later] = [Date.now() + 60_000, Date.now() + 120_000];
    for (const kind of ["token", "block"] as const) {
      await revocations.add(revocation(kind, "ends", { at: 5, expiresAt: later }));
      await revocations.add(revocation(kind, "ends", { at: 4, expiresAt: soon }));
      await revocations.add(revocation(kind, "for good"));
      await revocations.add(revocation(kind, "for good", { expiresAt: soon }));
    }
    const kept = new Map(
      (await revocations.list()).map((each) => [`${each.kind} ${each.name}`, each]),
    );
    assert.deepEqual(
      kept.get("token ends"),
      revocation("token", "ends", { at: 5, expiresAt: later }),
    );
    assert.deepEqual(kept.get("token for good"), revocation("token", "for good"));
    assert.deepEqual(
      kept.get("block ends"),
      revocation("block", "ends", { at: 5, expiresAt: soon }),
    );
    assert.equal(kept.get("block for good")?.expiresAt, soon);
  },
);

testEngines("lifts a revocation, and forgets one that has ended", async (
  { revocations },
  _heard,
  changes,
) => {
  const ended = revocation("block", "2", { expiresAt: Date.now() - 1 });
  await revocations.add(ended);
  await revocations.add(revocation("block", "1"));
  await revocations.add(revocation("user", "1"));
  assert.equal((await revocations.list()).length, 2);
  const key = { site: SITE, kind: "block", name: "1" } as const;
  assert.equal(await revocations.remove(key), true);
  assert.deepEqual(changes.at(-1), { type: "lifted", revocation: key });
  assert.equal(await revocations.remove(key), false);
  assert.deepEqual(await revocations.list(), [revocation("user", "1")]);
});

function revocation(
  kind: Revocation["kind"],
  name: string,
  changes: Partial<Revocation> = {},
): Revocation {
  return { site: SITE, kind, name, at: 1_700_000_000_000, ...changes };
}
