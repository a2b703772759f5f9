/**
 * Says to a browser's other tabs that this one has a file in its memory, which its message waits for: what they find in the store is
 * not lost then. Browsers have locks for that on https and localhost; elsewhere nobody is told.
 */

/** The part of `LockManager` that is used. */
interface Locks {
  request<T>(
    name: string,
    options: { readonly ifAvailable?: boolean },
    use: (lock: unknown) => Promise<T>,
  ): Promise<T>;
}

/** @param id of the message. Returns what ends it */
export function holdFile(id: string): () => void {
  let release = () => {};
  const held = new Promise<void>((resolve) => void (release = resolve));
  locks()?.request(nameOf(id), {}, () => held).catch(() => {}); // forbidden, or the page goes
  return () => release();
}

/** Whether a tab has the file. */
export async function isFileHeld(id: string): Promise<boolean> {
  const asked = locks()?.request(
    nameOf(id),
    { ifAvailable: true },
    (lock) => Promise.resolve(lock === null),
  );
  return await asked?.catch(() => false) ?? false;
}

function nameOf(id: string): string {
  return `notifyli:file:${id}`;
}

/** Those of a page: programs have no tabs. */
function locks(): Locks | undefined {
  const { document, navigator } = globalThis as {
    document?: unknown;
    navigator?: { readonly locks?: Locks };
  };
  return document === undefined ? undefined : navigator?.locks;
}
