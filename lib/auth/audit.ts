/**
 * The audit log has one record for each thing that was managed or refused: who did it, what it was, and from where. The
 * log names keys, and never holds a secret.
 */
import { logFor } from "../base/log.ts";
import { requestId } from "../base/request_id.ts";
import type { Revocation } from "./revocations/store.ts";
import type { UserId } from "../base/fields.ts";

/** Whatever was done is in the log, however often. */
const log = logFor("audit", { most: Infinity });

/** A refused call costs its caller nothing, so refusals must not fill the disk. */
const refusals = logFor("audit", { most: 100 });

const COMMAND_LINE = "the command line";

/** Who did what is logged. */
export interface Actor {
  /** The id of a key, `operator`, or `local` for a command that works on the store itself. */
  readonly who: string;
  readonly site: string;
  /** The caller's address; absent for a command that works on the store itself. */
  readonly address?: string;
}

export interface Refusal {
  /** The id of the key that was shown, right or wrong; `nobody` where there was none. */
  readonly who: string;
  /** The method and path of the call, such as `POST /api/keys`. */
  readonly action: string;
  readonly reason: string;
  readonly address: string;
}

/** One thing that was managed, as it is kept. */
export interface AuditRecord {
  /** Unix time in milliseconds. */
  readonly at: number;
  readonly who: string;
  /** Such as `key.create`. */
  readonly action: string;
  /** What it was done to, such as `user 123`. */
  readonly target: string;
  /** The site that it was done on. */
  readonly site: string;
  readonly address: string;
  /** The id of the HTTP request that did it; absent for what no request did. */
  readonly request?: string;
}

export class Audit {
  readonly #keep: (record: AuditRecord) => void;

  /** @param keep keeps a record beside the log; absent for a command that works on the store itself */
  constructor(keep: (record: AuditRecord) => void = () => {}) {
    this.#keep = keep;
  }

  /** Anything else was done. @param did such as "closed connection", to stand between who did it and the target */
  did(
    { who, site: actorSite, address = COMMAND_LINE }: Actor,
    { action, did, target, site }: {
      readonly action: string;
      readonly did: string;
      readonly target: string;
      readonly site: string;
    },
  ): void {
    this.#note({ who, action, target, site, address });
    log.info(`{who} ${did} {target} of site {site}, from {address}`, {
      ...{ action, who, target, site, actor_site: actorSite, address },
    });
  }

  keyCreated(
    { who, site, address = COMMAND_LINE }: Actor,
    key: { id: string; name: string; site: string; scopes: readonly string[] },
  ): void {
    this.#note({ who, action: "key.create", target: `key ${key.id}`, site: key.site, address });
    log.info("{who} made the API key {key} ({name}, {scopes}) of site {site}, from {address}", {
      action: "key.create",
      who,
      key: key.id,
      name: key.name,
      scopes: key.scopes.join(","),
      site: key.site,
      actor_site: site,
      address,
    });
  }

  keyRevoked(
    { who, site, address = COMMAND_LINE }: Actor,
    key: { id: string; name: string; site: string },
  ): void {
    this.#note({ who, action: "key.revoke", target: `key ${key.id}`, site: key.site, address });
    log.info("{who} revoked the API key {key} ({name}) of site {site}, from {address}", {
      action: "key.revoke",
      who,
      key: key.id,
      name: key.name,
      site: key.site,
      actor_site: site,
      address,
    });
  }

  /** A revocation or a block was made. */
  revoked(
    { who, site: actorSite, address = COMMAND_LINE }: Actor,
    { kind, site, name, expiresAt }: Revocation,
  ): void {
    const until = expiresAt === undefined ? "for good" : new Date(expiresAt).toISOString();
    const action = kind === "block" ? "user.block" : `revoke.${kind}`;
    const target = `${kind === "block" ? "user" : kind} ${name === "" ? "everyone" : name}`;
    this.#note({ who, action, target, site, address });
    const when = expiresAt === undefined ? "{until}" : "until {until}";
    log.info(`{who} {did} {name} of site {site} ${when}, from {address}`, {
      action,
      who,
      did: kind === "block" ? "blocked user" : `revoked ${kind}`,
      name: name === "" ? "everyone" : name,
      until,
      site,
      actor_site: actorSite,
      address,
    });
  }

  unblocked(actor: Actor, user: { site: string; id: UserId }): void {
    this.#didToUser("unblock", "unblocked", actor, user);
  }

  disconnected(actor: Actor, user: { site: string; id: UserId }): void {
    this.#didToUser("disconnect", "disconnected", actor, user);
  }

  /** A room was made, changed or deleted, or a user put out of one. */
  roomManaged(
    { who, site: actorSite, address = COMMAND_LINE }: Actor,
    verb: "make" | "change" | "delete" | "put_out",
    { site, room, user }: { site: string; room: string; user?: UserId },
  ): void {
    const did = { make: "made", change: "changed", delete: "deleted", put_out: "put" }[verb];
    const whom = user === undefined ? "" : ` user ${user} out of`;
    const target = user === undefined ? `room ${room}` : `user ${user} in room ${room}`;
    this.#note({ who, action: `room.${verb}`, target, site, address });
    log.info("{who} {did}{whom} room {room} of site {site}, from {address}", {
      action: `room.${verb}`,
      who,
      did,
      whom,
      room,
      site,
      actor_site: actorSite,
      address,
    });
  }

  /** What is set for a kind of notifications was changed or deleted. */
  kindManaged(
    { who, site: actorSite, address = COMMAND_LINE }: Actor,
    verb: "set" | "delete",
    { site, kind }: { site: string; kind: string },
  ): void {
    const did = { set: "set", delete: "deleted" }[verb];
    this.#note({ who, action: `kind.${verb}`, target: `kind ${kind}`, site, address });
    log.info("{who} {did} kind {kind} of site {site}, from {address}", {
      ...{ action: `kind.${verb}`, who, did, kind, site, actor_site: actorSite, address },
    });
  }

  /** What is kept of a user was exported or erased. */
  userData(actor: Actor, verb: "export" | "erase", { site, user }: { site: string; user: UserId }) {
    const did = verb === "export" ? "exported the data of" : "erased the data of";
    this.#didToUser(verb, did, actor, { site, id: user });
  }

  /** A copy of all that the server keeps was begun. */
  backedUp({ who, site: actorSite, address = COMMAND_LINE }: Actor): void {
    const target = "all sites";
    this.#note({ who, action: "backup", target, site: actorSite, address });
    log.info("{who} makes a backup of all sites, from {address}", {
      ...{ action: "backup", who, actor_site: actorSite, address },
    });
  }

  refused({ who, action, reason, address }: Refusal): void {
    refusals.warn("refused {action} to {who} from {address}: {reason}", {
      action,
      who,
      reason,
      address,
    });
  }

  #didToUser(
    verb: "unblock" | "disconnect" | "export" | "erase",
    did: string,
    { who, site: actorSite, address = COMMAND_LINE }: Actor,
    { site, id }: { site: string; id: UserId },
  ): void {
    this.#note({ who, action: `user.${verb}`, target: `user ${id}`, site, address });
    log.info(`{who} ${did} user {name} of site {site}, from {address}`, {
      action: `user.${verb}`,
      who,
      name: id,
      site,
      actor_site: actorSite,
      address,
    });
  }

  #note(record: Omit<AuditRecord, "at">): void {
    const request = requestId();
    this.#keep({ ...record, at: Date.now(), ...(request !== undefined && { request }) });
  }
}
