/** A folder with a `.env` in it, in which tests start programs. */

export class EnvFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  /** @param content of the `.env` */
  static async with(content: string | Uint8Array): Promise<EnvFolder> {
    const folder = new EnvFolder(await Deno.makeTempDir());
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(`${folder.path}/.env`, bytes);
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
