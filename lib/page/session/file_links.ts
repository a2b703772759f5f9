/** Where the page shows files from: by links that end, so that a page that is open for days gets new ones. */
import type { AttachedFile, Client, FileUrlOptions } from "../../sdk/mod.ts";

export class FileLinks {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** The server can be asked now. */
  get isOnline(): boolean {
    return this.#client.state.kind === "online";
  }

  /** Empty where there is no link yet. */
  url(file: AttachedFile, options?: FileUrlOptions): string {
    return this.#client.fileUrl(file, options);
  }

  /** The file with a new link; `undefined` where there is no file any more that the user may read. */
  async renew({ id }: AttachedFile): Promise<AttachedFile | undefined> {
    try {
      return await this.#client.file(id);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "not_found" || code === "forbidden") return undefined;
      throw error;
    }
  }
}
