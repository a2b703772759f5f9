/** The files of `notifyli send`: what the server does not have yet is uploaded to it before the notification is sent. */
import type { StoredFile } from "../sdk/files/types.ts";
import { fileAt, openAddress, uploadFrom } from "./origins.ts";
import type { UploadTarget } from "./upload_target.ts";

/** The id of a file, and a list of them with commas between. */
const IDS = /^[\w-]{22}(\s*,\s*[\w-]{22})*$/;

/** Stands for a file that has no id yet, where all else is looked at before it is uploaded. */
const NO_ID_YET = "0";

export interface Named {
  /** As they stand in the command line: paths, addresses, or ids. */
  readonly attach: readonly string[];
  readonly image: string | undefined;
}

/** The ids of the files, as a notification has them. */
export interface SentFiles {
  readonly attachments?: readonly string[];
  readonly image?: string;
}

/** What the notification will have, as far as that is known now: as many files. */
export function placesOf({ attach, image }: Named): SentFiles {
  let count = 0;
  const place = (named: string) => isId(named) ? named : String(count++).padStart(22, NO_ID_YET);
  return {
    ...(attach.length > 0 && { attachments: attach.flatMap(each).map(place) }),
    ...(image !== undefined && { image: place(image) }),
  };
}

/** Files that were uploaded for a notification. */
export class FilesToSend {
  readonly #target: UploadTarget;
  /** The ids by what they were called by, so that the same one is not uploaded twice. */
  readonly #ids = new Map<string, string>();
  readonly #uploaded: string[] = [];

  constructor(target: UploadTarget) {
    this.#target = target;
  }

  /** Uploads what is to be. Rejects with an error that names what cannot be, or with the signal's reason. */
  async upload({ attach, image }: Named, signal: AbortSignal): Promise<SentFiles> {
    const picture = image === undefined ? undefined : await this.#idOf(image, signal, isPicture);
    const attachments: string[] = [];
    for (const named of attach.flatMap(each)) attachments.push(await this.#idOf(named, signal));
    return {
      ...(attachments.length > 0 && { attachments }),
      ...(picture !== undefined && { image: picture }),
    };
  }

  /** Removes what was uploaded: nothing was sent that has it. */
  async remove(): Promise<void> {
    for (const id of this.#uploaded) await this.#target.remove(id);
  }

  async #idOf(named: string, signal: AbortSignal, check: Check = () => {}): Promise<string> {
    const known = this.#ids.get(named);
    if (known !== undefined) return known;
    try {
      const id = await this.#find(named, signal, check);
      this.#ids.set(named, id);
      return id;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new Error(`${named}: ${this.#target.reason(error)}`, { cause: error });
    }
  }

  async #find(named: string, signal: AbortSignal, check: Check): Promise<string> {
    const url = /^https?:\/\//i.test(named) ? URL.parse(named) : null;
    const id = url === null ? undefined : this.#target.fileIdIn(url);
    if (id !== undefined) return id;
    if (isId(named) && !await isFile(named)) return named;
    const origin = url === null ? fileAt(named) : await openAddress(url, signal);
    const file = await uploadFrom(origin, { target: this.#target, signal });
    this.#uploaded.push(file.id);
    check(file);
    return file.id;
  }
}

/** Throws where the file does not do. */
type Check = (file: StoredFile) => void;

function isPicture({ type }: StoredFile): void {
  if (!type.startsWith("image/")) throw new Error(`it is no picture, but ${type}`);
}

/** Ids may stand together. */
function each(named: string): string[] {
  return IDS.test(named) ? named.split(",").map((id) => id.trim()) : [named];
}

function isId(named: string): boolean {
  return named.length === 22 && IDS.test(named);
}

/** A file may be called as an id is. */
async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}
