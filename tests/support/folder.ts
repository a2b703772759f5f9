/** A folder of a test's own, with files. */

export class Folder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async of(files: Readonly<Record<string, string | Uint8Array>>): Promise<Folder> {
    const path = await Deno.makeTempDir();
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(`${path}/${name}`, bytes);
    }
    return new Folder(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
