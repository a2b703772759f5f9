/**
 * Has the disk keep what was made, moved and removed in folders. Whoever asks for that while a folder is synced shares the next sync with
 * all who do so: with many uploads at once, that is one for all of them.
 */

interface Syncing {
  readonly done: Promise<void>;
  /** Begins after this one. */
  next?: Promise<void>;
}

export class FolderSyncs {
  readonly #syncing = new Map<string, Syncing>();

  /** Resolves once the disk has all that was done in the folder before. */
  sync(folder: string): Promise<void> {
    const syncing = this.#syncing.get(folder);
    if (syncing === undefined) return this.#begin(folder);
    return syncing.next ??= syncing.done.catch(() => {}).then(() => this.#begin(folder));
  }

  #begin(folder: string): Promise<void> {
    const syncing: Syncing = {
      done: syncFolder(folder).finally(() => {
        if (syncing.next === undefined) this.#syncing.delete(folder);
      }),
    };
    this.#syncing.set(folder, syncing);
    return syncing.done;
  }
}

async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}
