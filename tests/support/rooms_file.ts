/** A file of room rules for the length of a test. */

export class RoomsFile implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @param content is written as JSON; a text is written as it is */
  static async write(content: unknown): Promise<RoomsFile> {
    const path = await Deno.makeTempFile({ prefix: "rooms-", suffix: ".json" });
    const text = typeof content === "string" ? content : JSON.stringify(content);
    await Deno.writeTextFile(path, text);
    return new RoomsFile(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path);
  }
}
