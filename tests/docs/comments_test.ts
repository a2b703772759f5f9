/** Comments and documents name files: each of these must exist, so that no reader looks for one in vain. */
import assert from "node:assert/strict";
import { ROOT } from "../support/paths.ts";

const FILE_NAME = /`([a-z0-9_./-]+\.(?:tsx?|lua|sql|md))`/gi;
const COMMENT = /\/\*[^]*?\*\/|(?:\/\/|--) .*/g;

/** What stands for a name of the reader's choice. */
const EXAMPLES = new Set(["N_name.sql", "1_notes.sql", "notes.ts", "tsconfig.json"]);

const FILES = new Set(
  [...filesIn(""), ...["lib/", "docs/", "tests/"].flatMap((folder) => [...filesIn(folder, true)])],
);
/** The names of all files, without their folders. */
const NAMES = new Set([...FILES].map((file) => file.slice(file.lastIndexOf("/") + 1)));

Deno.test("every file that a comment names is there", () => {
  const sources = [...FILES].filter((file) =>
    /^(lib|tests)\/.*\.(tsx?|lua|sql)$/.test(file) || file === "bridge.ts" || file === "main.ts"
  );
  const wrong = sources.flatMap((source) =>
    namesIn(textOf(source).match(COMMENT)?.join("\n") ?? "")
      .filter((name) => !isNear(name, source)).map((name) => `${source}: ${name}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("every file that a document names is there", () => {
  const documents = [...FILES].filter((file) => /^(docs\/)?[^/]+\.md$/.test(file));
  const wrong = documents.filter((file) => file !== "CHANGELOG.md").flatMap((document) =>
    namesIn(textOf(document)).filter((name) => !isNear(name, document) && !NAMES.has(name))
      .map((name) => `${document}: ${name}`)
  );
  assert.deepEqual(wrong, []);
});

/** The paths of the files in a folder, and below it if it is searched deeply. */
function* filesIn(folder: string, isDeep = false): Generator<string> {
  for (const { name, isFile, isDirectory } of Deno.readDirSync(ROOT + folder)) {
    if (isFile) yield folder + name;
    else if (isDirectory && isDeep) yield* filesIn(`${folder}${name}/`, isDeep);
  }
}

function textOf(file: string): string {
  return Deno.readTextFileSync(ROOT + file);
}

function namesIn(text: string): string[] {
  return [...text.matchAll(FILE_NAME)].map(([, name = ""]) => name)
    .filter((name) => !EXAMPLES.has(name));
}

/** Whether a name is the path of a file from the folder of `place`, from one above it, or from `lib/`. */
function isNear(name: string, place: string): boolean {
  const folders = place.split("/").slice(0, -1);
  const from = folders.map((_, depth) => folders.slice(0, depth + 1).join("/") + "/");
  return ["", "lib/", ...from].some((folder) => FILES.has(folder + name));
}
