/**
 * Files of tests that run one after the other as one module: `deno test` gives each file a worker of its own, and that, with
 * the modules that it loads, takes half a second to two of a core. They share what belongs to a file, such as a browser.
 */
import { ROOT } from "./paths.ts";

/** What is not undone at the end of a file, is done to each test, or is the time at which a file is read: such files stay alone. */
const ALONE = [
  /\buse(OwnProcesses|WholeBrowser)\(/,
  /\bDeno\.test\.(before|after)Each\(/,
  /^(const|let) .*\b(nowSeconds|Date\.now)\(\)/m,
];

/** Whether a file can share a module with others. @param path in the checkout */
export function isShareable(path: string): boolean {
  const text = Deno.readTextFileSync(ROOT + path);
  return !ALONE.some((each) => each.test(text));
}

/** The modules of a run of all tests, in a folder that goes with them. */
export class Batches implements Disposable {
  readonly #folder = Deno.makeTempDirSync({ prefix: "notifyli-tests-" });

  /** Makes one module of several files, and returns its path; of one file, the file's. @param files their paths in the checkout */
  moduleOf(files: readonly string[]): string {
    const [first = ""] = files;
    if (files.length < 2) return first;
    const path = `${this.#folder}/${first.replaceAll("/", "_")}`;
    const imports = files.map((file) => `import "file://${ROOT}${file}";\n`);
    Deno.writeTextFileSync(path, imports.join(""));
    return path;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}
