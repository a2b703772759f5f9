/** Holds an import graph to rules: who may import whom. The rules themselves are in `tests/imports_test.ts`. */
import type { ImportGraph } from "./import_graph.ts";

export interface ImportRules {
  /**
   * Places, from the ground up, and what the files of each may import besides those of its own place. A place is a
   * folder, a file, or {@linkcode OTHER_FEATURE}; a `*` stands for one part of its path, and of several places that a
   * file is in, the deepest counts. What may be imported are places above in the table, and files: both without `lib/`.
   */
  readonly mayImport: Readonly<Record<string, string>>;
  /** What is imported against the rules, as `who.ts -> whom.ts`, and why. */
  readonly exceptions: Readonly<Record<string, string>>;
}

/** The place of every capability that has none of its own. */
export const OTHER_FEATURE = "*";

/** The list of capabilities: what it imports is a capability's door. */
const LIST = "lib/features.ts";

/** The files in which a capability keeps things. */
const STORE = /(^|\/)(store\/|(store|sqlite|redis)\w*\.ts$)/;

/** What is wrong with a graph, a sentence for each import. */
export function faultsIn(graph: ImportGraph, rules: ImportRules): string[] {
  const house = new House(graph, rules);
  const faults = [...graph].flatMap(([file, imported]) => [
    ...house.homeless(file),
    ...[...imported].flatMap((each) => house.against(file, each) ?? []),
  ]);
  return [...new Set(faults)];
}

/** What is wrong with rules: what they allow and no file of the graph does, and what they allow against their order. */
export function faultsOfRules(graph: ImportGraph, rules: ImportRules): string[] {
  const house = new House(graph, rules);
  return [...house.unused(), ...house.unordered()];
}

class House {
  readonly #graph: ImportGraph;
  readonly #rules: ImportRules;
  readonly #places: readonly string[];
  /** The folders of capabilities: one that is in another's comes before it. */
  readonly #features: readonly string[];

  constructor(graph: ImportGraph, rules: ImportRules) {
    this.#graph = graph;
    this.#rules = rules;
    this.#places = Object.keys(rules.mayImport);
    this.#features = [...graph.get(LIST) ?? []]
      .flatMap((file) => /^(lib\/.+)\/feature\.ts$/.exec(file)?.[1] ?? [])
      .sort((one, other) => other.length - one.length);
  }

  homeless(file: string): string[] {
    if (!/\.tsx?$/.test(file) || this.#placeOf(file) !== undefined) return [];
    const place = file.split("/").slice(0, 2).join("/");
    return [
      `${file} stands on no floor: ${place} is neither in the table nor a capability of ${LIST}; ` +
      "put it on a floor: tests/imports_test.ts",
    ];
  }

  /** Which rule forbids an import; `undefined` if none does. */
  against(file: string, imported: string): string | undefined {
    if (`${file} -> ${imported}` in this.#rules.exceptions) return undefined;
    const home = this.#featureOf(imported);
    if (home !== undefined && home === this.#featureOf(file)) return undefined;
    const place = this.#placeOf(file);
    if (place === undefined) return undefined;
    const start = `${file} imports ${imported}, but`;
    if (home !== undefined && file !== LIST && imported === `${home}/feature.ts`) {
      return `${start} only ${LIST} opens the doors of capabilities`;
    }
    if (!this.#mayImport(place, imported)) return `${start} ${this.#told(place)}`;
    if (home !== undefined && STORE.test(imported.slice(home.length + 1))) {
      return `${start} only ${home} may import its stores`;
    }
    return undefined;
  }

  /** What is allowed, and not done. */
  unused(): string[] {
    const imports = [...this.#graph].flatMap(([file, all]) => [...all].map((each) => [file, each]));
    const done = new Set(imports.map((each) => each.join(" -> ")));
    const exceptions = Object.keys(this.#rules.exceptions).filter((each) => !done.has(each))
      .map((each) => `No file needs the exception ${each} any more: take it out`);
    const ofPlaces = Map.groupBy(imports, ([file = ""]) => this.#placeOf(file));
    const words = this.#places.filter((place) => place !== OTHER_FEATURE).flatMap((place) => {
      const imported = new Set(ofPlaces.get(place)?.map(([, each = ""]) => each));
      return this.#wordsOf(place)
        .filter((word) => ![...imported].some((each) => this.#isIn(each, word)))
        .map((word) => `${place} does not import ${word} any more: take it out`);
    });
    return [...exceptions, ...words];
  }

  /** What is allowed of a place that does not stand above in the table. */
  unordered(): string[] {
    return this.#places.flatMap((place, floor) =>
      this.#wordsOf(place).filter((word) => {
        const other = `lib/${word}` in this.#rules.mayImport
          ? `lib/${word}`
          : this.#placeOf(`lib/${word}`);
        return other !== undefined && this.#places.indexOf(other) >= floor;
      }).map((word) => `${place} may import ${word}, which does not stand above it`)
    );
  }

  #mayImport(place: string, imported: string): boolean {
    return this.#placeOf(imported) === place && place !== OTHER_FEATURE ||
      this.#wordsOf(place).some((word) => this.#isIn(imported, word));
  }

  /** Whether a word of the table means a file: the word is the file's place, or the file itself. */
  #isIn(file: string, word: string): boolean {
    return this.#placeOf(file)?.replace(/^lib\//, "") === word ||
      /\.tsx?$/.test(word) && matches(file, `lib/${word}`);
  }

  #placeOf(file: string): string | undefined {
    const feature = this.#featureOf(file);
    if (feature !== undefined && !this.#places.includes(feature)) return OTHER_FEATURE;
    return this.#places.filter((place) => place !== OTHER_FEATURE && matches(file, place))
      .sort((one, other) => other.split("/").length - one.split("/").length)[0];
  }

  #featureOf(file: string): string | undefined {
    return this.#features.find((folder) => file.startsWith(`${folder}/`));
  }

  #wordsOf(place: string): string[] {
    return this.#rules.mayImport[place]?.split(" ").filter((word) => word !== "") ?? [];
  }

  #told(place: string): string {
    const who = place === OTHER_FEATURE ? "a capability without a line of its own" : place;
    return `${who} may import only ${this.#wordsOf(place).join(", ") || "its own files"}`;
  }
}

/** Whether a file is a place, or in it. */
function matches(file: string, place: string): boolean {
  const pattern = place.replaceAll(".", "\\.").replaceAll("*", "[^/]+");
  return new RegExp(`^${pattern}(/|$)`).test(file);
}
