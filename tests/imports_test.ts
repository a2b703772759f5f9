/** Who imports whom: nothing imports what lies above it, and no files import each other in a circle. */
import assert from "node:assert/strict";
import { run } from "./support/command.ts";
import { ROOT } from "./support/paths.ts";

/**
 * The floors of the house, from the ground up. A file may import from its own floor and from those below it. Of several
 * places that a path begins with, the longest counts.
 */
const FLOORS: readonly (readonly string[])[] = [
  ["lib/base/"], // words and small tools
  ["lib/sdk/"], // the client library
  ["lib/page/", "lib/build/", "lib/build.ts"],
  ["lib/config/"], // reads settings, and knows none
  ["lib/core/"], // the kernel, which knows no capability
  ["lib/net/", "lib/log/"],
  ["lib/limits/", "lib/engines/", "lib/listeners/"],
  ["lib/auth/"], // who it is: tokens, keys, what was revoked
  ["lib/http/"], // the kit that routes are made of
  ["lib/feature.ts"], // the seam
  ["lib/rooms/", ...["", "keys/", "revocations/"].flatMap((each) => doorsOf(`lib/auth/${each}`))],
  ["lib/inbox/"],
  ["lib/hooks/", "lib/ways/", "bridge.ts", "lib/protocols/", "lib/publisher/"],
  ["lib/"], // the list of features, and what wires them
  ["lib/commands/", "main.ts"],
];

/** The files of a capability that lies in a lower floor which belong to the floor of capabilities. */
function doorsOf(folder: string): string[] {
  return ["feature.ts", "routes.ts", "commands.ts"].map((file) => folder + file);
}

const ENTRIES = [
  "main.ts",
  "bridge.ts",
  "lib/publisher/publisher.ts",
  "lib/build.ts",
  "lib/sdk/mod.ts",
  "lib/sdk/tabs/shared_worker.ts",
  "lib/page/main.tsx",
];

const graph = await graphOf(ENTRIES);

Deno.test("every file stands on a floor", () => {
  assert.ok(graph.size > 300, `${graph.size} files are few`);
  assert.deepEqual([...graph.keys()].filter((file) => floorOf(file) < 0), []);
});

Deno.test("no file imports what lies above it", () => {
  const up = [...graph].flatMap(([file, imported]) =>
    [...imported].filter((each) => floorOf(each) > floorOf(file)).map((each) => `${file} ${each}`)
  );
  assert.deepEqual(up, []);
});

Deno.test("no files import each other in a circle, not for their types either", () => {
  assert.deepEqual(circlesIn(graph), []);
});

Deno.test("only the list of features and what wires them knows several capabilities' doors", () => {
  const doors = [...graph.keys()].filter((file) => /.\/feature.ts$/.test(file.slice(4)));
  for (const door of doors) {
    const known = [...graph].filter(([, imported]) => imported.has(door)).map(([file]) => file);
    assert.deepEqual(known, ["lib/features.ts"], door);
  }
});

function floorOf(file: string): number {
  const places = FLOORS.flatMap((places, floor) => places.map((place) => ({ place, floor })))
    .filter(({ place }) => file.startsWith(place))
    .sort((one, other) => other.place.length - one.place.length);
  return places[0]?.floor ?? -1;
}

/** What each file of the program imports, types too, by paths in the repository. */
async function graphOf(entries: readonly string[]): Promise<Map<string, Set<string>>> {
  const graph = new Map<string, Set<string>>();
  for (const entry of entries) {
    const { stdout } = await run([Deno.execPath(), "info", "--json", ROOT + entry]);
    const { modules } = JSON.parse(stdout) as { modules: Module[] };
    for (const { specifier, dependencies = [] } of modules) {
      const file = inRepository(specifier);
      if (file === undefined || !file.startsWith("lib/") && !/^\w+\.ts$/.test(file)) continue;
      const imported = dependencies.flatMap(({ code, type }) =>
        [code, type].flatMap((each) => inRepository(each?.specifier) ?? [])
      );
      graph.set(file, new Set(imported.filter((each) => each !== file)));
    }
  }
  return graph;
}

/** As `deno info --json` has it. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

function inRepository(specifier: string | undefined): string | undefined {
  const root = `file://${ROOT}`;
  return specifier?.startsWith(root) ? specifier.slice(root.length) : undefined;
}

/** The sets of files that import each other, by Tarjan's algorithm. */
function circlesIn(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const [index, low] = [new Map<string, number>(), new Map<string, number>()];
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): number => {
    const number = index.size;
    index.set(file, number);
    low.set(file, number);
    stack.push(file);
    for (const each of graph.get(file) ?? []) {
      if (!index.has(each)) low.set(file, Math.min(low.get(file)!, visit(each)));
      else if (stack.includes(each)) low.set(file, Math.min(low.get(file)!, index.get(each)!));
    }
    if (low.get(file) === number) {
      const circle = stack.splice(stack.indexOf(file));
      if (circle.length > 1) circles.push(circle.sort());
    }
    return low.get(file)!;
  };
  for (const file of graph.keys()) if (!index.has(file)) visit(file);
  return circles;
}
