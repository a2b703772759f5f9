/** Which file of the program imports which, and which of them import each other in a circle. */
import { run } from "./command.ts";
import { ROOT } from "./paths.ts";

/** What each file imports, by paths in the repository. */
export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>;

/** What each file imports that one of the entries leads to: types too. */
export async function graphOf(entries: readonly string[]): Promise<ImportGraph> {
  const graph = new Map<string, ReadonlySet<string>>();
  for (const entry of entries) {
    const { stdout } = await run([Deno.execPath(), "info", "--json", ROOT + entry]);
    const { modules } = JSON.parse(stdout) as { modules: Module[] };
    for (const { specifier, dependencies = [] } of modules) {
      const file = inRepository(specifier);
      if (file === undefined) continue;
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
export function circlesIn(graph: ImportGraph): string[][] {
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
