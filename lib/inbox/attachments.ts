/**
 * Files in notifications. They are noted as used before the notification is stored, so that none goes that a notification has;
 * what is not given back when the notification goes ends with the time that the inbox keeps it.
 */
import { getLogger } from "@logtape/logtape";
import { CodedError } from "../base/errors.ts";
import { invalid, type UserId } from "../base/fields.ts";
import { reasonOf } from "../base/reason.ts";
import type { AttachedFile, Content } from "../core/publication.ts";
import type { Database, Work } from "../engines/database/database.ts";
import type { Files } from "../files/files.ts";
import type { FileFacts } from "../files/types.ts";

const log = getLogger(["notifyli", "inbox"]);

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

const NONE: Attached = {};

export class Attachments {
  readonly #files: Pick<Files, "check" | "use" | "unuse" | "linkTo">;
  readonly #database: Database;
  readonly #keptMs: number;

  /** @param days that inboxes keep a notification */
  constructor(
    files: Pick<Files, "check" | "use" | "unuse" | "linkTo">,
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
    return await this.#database.transaction(function* () {
      const found: AttachedFile[] = [];
      for (const id of attachments) found.push(keptOf(yield* one("attachments", id)));
      const picture = image === undefined ? undefined : yield* one("image", image);
      return {
        ...(found.length > 0 && { attachments: found }),
        ...(picture && { image: keptOf(picture) }),
      };
    });
  }

  /** Gives back the files of notifications that are gone. Never rejects: where that cannot be noted now, they end by their time. */
  async giveBack(site: string, user: UserId, ids: readonly string[]): Promise<void> {
    if (ids.length === 0 || this.#database.whyNotReady() !== undefined) return;
    const refs = ids.map((id) => refOf({ site, user, id }));
    await this.#database.transaction(() => this.#files.unuse(USE, refs)).catch((error) => {
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

  *#use(
    site: string,
    field: string,
    id: string,
    use: Parameters<Files["use"]>[2],
  ): Work<FileFacts> {
    try {
      const facts = yield* this.#files.use({ site, isApplication: true }, id, use);
      if (field !== "image" || facts.type.startsWith("image/")) return facts;
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== "invalid_field") throw error;
      throw invalid(field, id, "the id of a file of the site");
    }
    throw invalid(field, id, "the id of a file whose type begins with image/");
  }
}

/** No id has a line break. */
function refOf({ site, user, id }: Pick<Attaching, "site" | "user" | "id">): string {
  return `${site}\n${user}\n${id}`;
}

function keptOf({ id, name, type, bytes, width, height }: FileFacts): AttachedFile {
  return { id, name, type, bytes, ...(width !== undefined && { width, height }) };
}
