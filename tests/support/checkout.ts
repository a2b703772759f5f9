/** A fresh copy of the program's sources, as a new user has them: nothing is built, nothing is set. */
import { ROOT } from "./paths.ts";

const SOURCES = ["deno.json", "deno.lock", "main.ts", "bridge.ts", "lib", "static"];

/** What a build leaves in `static/`. */
const BUILT = /^\.|\.(js|css)$/;

export class Checkout implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<Checkout> {
    const checkout = new Checkout(await Deno.makeTempDir({ prefix: "notifyli-checkout-" }));
    await Deno.chmod(checkout.path, 0o755); // other users may read it
    for (const name of SOURCES) await copy(`${ROOT}${name}`, `${checkout.path}/${name}`);
    for await (const { name } of Deno.readDir(`${checkout.path}/static`)) {
      if (BUILT.test(name)) await Deno.remove(`${checkout.path}/static/${name}`);
    }
    return checkout;
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

async function chmodAll(path: string, folderMode: number, fileMode: number): Promise<void> {
  if ((await Deno.lstat(path)).isFile) return await Deno.chmod(path, fileMode);
  await Deno.chmod(path, 0o755);
  for await (const { name } of Deno.readDir(path)) {
    await chmodAll(`${path}/${name}`, folderMode, fileMode);
  }
  await Deno.chmod(path, folderMode);
}
