/** Keeps files to the user that the server runs as: what users say to each other is nobody else's to read. */

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** The options by which a file is written that only its owner can read. */
export const PRIVATE = { mode: FILE_MODE };

/** The rights of others than the owner, in a mode. */
const OTHERS = 0o077;

/** The options by which a folder is made that only its owner can enter, with those above it. One that is there stays as it is. */
export const PRIVATE_FOLDER = { recursive: true, mode: FOLDER_MODE };

/** Makes a folder that only its owner can enter, with those above it. A folder that is there stays as it is. */
export function makePrivateFolder(path: string): void {
  Deno.mkdirSync(path, PRIVATE_FOLDER);
}

/** Makes a file that only its owner can read, and takes others' rights on one that is there. What is in it stays. */
export function makePrivateFile(path: string): void {
  Deno.openSync(path, { append: true, create: true, mode: FILE_MODE }).close();
  keepFilePrivate(path);
}

/** Takes the rights of others on a file away, if it is there and this user may. */
export function keepFilePrivate(path: string): void {
  takeFromOthers(path, FILE_MODE);
}

/** Takes the rights of others on a folder away, if this user may and nothing in it is somebody else's. */
export function keepFolderPrivate(path: string, isOwn: (name: string) => boolean): void {
  if ([...Deno.readDirSync(path)].every(({ name }) => isOwn(name))) {
    takeFromOthers(path, FOLDER_MODE);
  }
}

function takeFromOthers(path: string, mode: number): void {
  try {
    const { mode: before } = Deno.statSync(path);
    if (before !== null && (before & OTHERS) !== 0) Deno.chmodSync(path, mode);
  } catch {
    // There is no such file, or it belongs to another user, who decides about it.
  }
}
