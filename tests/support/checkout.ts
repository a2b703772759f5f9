/** A fresh copy of the program's sources, as a new user has them: nothing is built, nothing is set. */
import { createHash } from "node:crypto";
import { ROOT } from "./paths.ts";

const SOURCES = ["deno.json", "deno.lock", "main.ts", "bridge.ts", "lib", "static"];

/** What a developer has beside the sources. */
const PAPERS = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", ".env.example"];
const WHOLE = [...SOURCES, ...PAPERS, "docs", "tests", "systemd"];

/** What a build leaves in `static/`. */
const BUILT = /^\.|\.(js|css)$/;

export class Checkout implements AsyncDisposable {
  private constructor(readonly path: string) {}

  /** @param isWhole with documents and tests, as a developer has it */
  static async make({ isWhole = false } = {}): Promise<Checkout> {
    const checkout = new Checkout(await Deno.makeTempDir({ prefix: "notifyli-checkout-" }));
    await Deno.chmod(checkout.path, 0o755); // other users may read it
    for (const name of isWhole ? WHOLE : SOURCES) {
      await copy(`${ROOT}${name}`, `${checkout.path}/${name}`);
    }
    for await (const { name } of Deno.readDir(`${checkout.path}/static`)) {
      if (BUILT.test(name)) await Deno.remove(`${checkout.path}/static/${name}`);
    }
    return checkout;
  }

  /** Every file with its digest, by its path in the checkout. */
  async digests(): Promise<Map<string, string>> {
    const digests = new Map<string, string>();
    for await (const path of filesIn(this.path)) {
      const hash = createHash("sha256").update(await Deno.readFile(path)).digest("hex");
      digests.set(path.slice(this.path.length + 1), hash);
    }
    return digests;
  }

  /** From now on nobody but root may write to the checkout. */
  async makeReadOnly(): Promise<void> {
    await chmodAll(this.path, 0o555, 0o444);
  }

  async makeWritable(): Promise<void> {
    await chmodAll(this.path, 0o755, 0o644);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.makeWritable();
    await Deno.remove(this.path, { recursive: true });
  }
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesIn(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}

async function chmodAll(path: string, folderMode: number, fileMode: number): Promise<void> {
  if ((await Deno.lstat(path)).isFile) return await Deno.chmod(path, fileMode);
  await Deno.chmod(path, 0o755);
  for await (const { name } of Deno.readDir(path)) {
    await chmodAll(`${path}/${name}`, folderMode, fileMode);
  }
  await Deno.chmod(path, folderMode);
}
