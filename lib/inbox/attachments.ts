/**
 * Files in notifications. They are noted as used before the notification is stored, so that none goes that a notification has;
 * what is not given back when the notification goes ends with the time that the inbox keeps it.
 */
import { logFor } from "../base/log.ts";
import { CodedError } from "../base/errors.ts";
import { invalid, type UserId } from "../base/fields.ts";
import { reasonOf } from "../base/reason.ts";
import type { AttachedFile, Content } from "../core/publication.ts";
import type { Database, Work } from "../engines/database/database.ts";
import type { Files } from "../files/files.ts";
import type { FileFacts } from "../files/types.ts";

const log = logFor("inbox");

/** The kind of these uses. */
const USE = "notification";

const DAY_MS = 24 * 3600 * 1000;

/** The files of a content, by their ids. */
export interface AttachedIds {
  readonly attachments?: readonly string[] | undefined;
  readonly image?: string | undefined;
}

/** A notification, as its files are noted for it. */
export interface Attaching extends AttachedIds {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
  /** Unix milliseconds at which it comes into the inbox at the latest, and after which nobody gets it. */
  readonly at: number;
  readonly expiresAt?: number | undefined;
}

type Attached = Pick<Content, "attachments" | "image">;

/** What names a notification. */
type Name = Pick<Attaching, "site" | "user" | "id">;

type FilesInUse = Pick<Files, "check" | "use" | "unuse" | "linkTo">;

const NONE: Attached = {};

export class Attachments {
  readonly #files: FilesInUse;
  readonly #database: Database;
  readonly #keptMs: number;

  /** @param days that inboxes keep a notification */
  constructor(
    files: FilesInUse,
    database: Database,
    days: number,
  ) {
    this.#files = files;
    this.#database = database;
    this.#keptMs = days * DAY_MS;
  }

  /** Notes what a notification uses. Resolves with what is known of it, and rejects where one is no file of the site. */
  async use(attaching: Attaching): Promise<Attached> {
    const { attachments = [], image } = attaching;
    if (attachments.length === 0 && image === undefined) return NONE;
    const { site, user, at, expiresAt } = attaching;
    const until = expiresAt ?? at + this.#keptMs + DAY_MS; // stores look now and then for what is too old
    const use = {
      ...{ kind: USE, ref: refOf(attaching), site, user },
      ...(Number.isFinite(until) && { until }),
    };
    const one = (field: string, id: string) => this.#use(site, field, id, use);
    // In their order, as all do it: two nodes with the same files would wait for each other else.
    const ids = new Set([...attachments, ...image === undefined ? [] : [image]].sort());
    return await this.#database.transaction(function* () {
      const found = new Map<string, AttachedFile>();
      for (const id of ids) {
        found.set(id, keptOf(yield* one(id === image ? "image" : "attachments", id)));
      }
      const of = (id: string) => found.get(id)!;
      return {
        ...(attachments.length > 0 && { attachments: attachments.map(of) }),
        ...(image !== undefined && { image: of(image) }),
      };
    });
  }

  /** Gives back the files of notifications that are gone. Never rejects: where that cannot be noted now, they end by their time. */
  async giveBack(site: string, user: UserId, ids: readonly string[]): Promise<void> {
    await this.giveBackAll(ids.map((id) => ({ site, user, id })));
  }

  /** As {@linkcode Attachments.giveBack}, of notifications of any users. */
  async giveBackAll(names: readonly Name[]): Promise<void> {
    if (names.length === 0) return;
    await this.#unuse(() => this.#files.unuse(USE, names.map(refOf)));
  }

  /** Gives back the files of one that was not taken, so that its sender may send it again. Never rejects, as above. */
  async giveBackUnused(name: Name): Promise<void> {
    await this.#unuse(() => this.#files.unuse(USE, [refOf(name)], { isUnused: true }));
  }

  /** Gives back all files that were noted for a notification but those that it has. Never rejects, as above. */
  async giveBackOthers(name: Name, has: Attached): Promise<void> {
    await this.#unuse(() => this.#files.unuse(USE, [refOf(name)], { kept: idsOf(has) }));
  }

  /**
   * Gives back those files of a change that the notification does not have by it, and no others: another node may be about to change it,
   * and have noted its own. Never rejects, as above.
   *
   * @param files that it had before, or that were noted for it
   * @param has what it has now
   */
  async giveBackChanged(name: Name, files: readonly Attached[], has: Attached): Promise<void> {
    const only = files.flatMap(idsOf);
    if (only.length === 0) return;
    await this.#unuse(() => this.#files.unuse(USE, [refOf(name)], { kept: idsOf(has), only }));
  }

  async #unuse(work: () => Work<void>): Promise<void> {
    if (this.#database.whyNotReady() !== undefined) return;
    await this.#database.transaction(work).catch((error) => {
      log.debug("files of notifications stay until their time: {reason}", {
        reason: reasonOf(error),
      });
    });
  }

  /** The content with links to its files. */
  show<Shown extends Content>(content: Shown): Shown {
    const { attachments, image } = content;
    if (attachments === undefined && image === undefined) return content;
    const shown = (file: AttachedFile) => ({ ...file, url: this.#files.linkTo(file.id) });
    return {
      ...content,
      ...(attachments && { attachments: attachments.map(shown) }),
      ...(image && { image: shown(image) }),
    };
  }

  /** Whether an application of the site may use these files now; throws where one is no such file, as {@linkcode Attachments.use} does. */
  *check(site: string, { attachments = [], image }: AttachedIds): Work<void> {
    for (const id of attachments) yield* this.#use(site, "attachments", id);
    if (image !== undefined) yield* this.#use(site, "image", image);
  }

  /** @param use absent where it is only looked whether the file is there */
  *#use(
    site: string,
    field: string,
    id: string,
    use?: Parameters<Files["use"]>[2],
  ): Work<FileFacts> {
    const actor = { site, isApplication: true };
    try {
      const facts = use === undefined
        ? yield* this.#files.check(actor, id)
        : yield* this.#files.use(actor, id, use);
      if (field !== "image" || facts.type.startsWith("image/")) return facts;
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== "invalid_field") throw error;
      throw invalid(field, id, "the id of a file of the site");
    }
    throw invalid(field, id, "the id of a file whose type begins with image/");
  }
}

/** What is said where the sender says nothing: what the files are called, for clients that show no files. */
export function wordsOf({ attachments = [], image }: Attached): string {
  const names = new Set([...image === undefined ? [] : [image], ...attachments].map(nameOf));
  const [first = "", ...others] = names;
  return others.length === 0 ? first : `${first} +${others.length}`;
}

function idsOf({ attachments = [], image }: Attached): string[] {
  return [...attachments, ...image === undefined ? [] : [image]].map(({ id }) => id);
}

function nameOf({ name }: AttachedFile): string {
  return name;
}

/** No id has a line break. */
function refOf({ site, user, id }: Name): string {
  return `${site}\n${user}\n${id}`;
}

function keptOf({ id, name, type, bytes, width, height }: FileFacts): AttachedFile {
  return { id, name, type, bytes, ...(width !== undefined && { width, height }) };
}
