/** Where the page shows files from, and saves them from: by links that end, so that a page that is open for days gets new ones. */
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

  /** Has the browser save a file. Resolves with whether it is there. */
  async save(file: AttachedFile): Promise<boolean> {
    const found = await this.renew(file);
    if (found === undefined) return false;
    const link = document.createElement("a");
    link.href = this.url(found, { download: true });
    link.download = found.name ?? "";
    link.click();
    return true;
  }
}
