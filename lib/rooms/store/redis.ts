/** Keeps in Redis who is in which room: in the connection hashes of the base protocol, and in keys beside them. */
import { roomChannel } from "../../core/channel.ts";
import type { UserId } from "../../base/fields.ts";
import { nextId } from "../../base/ids.ts";
import { unixSeconds } from "../../base/times.ts";
import { unavailable } from "../../engines/redis/errors.ts";
import type { Calls } from "../../engines/redis/functions.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { Lease } from "../../engines/redis/lease.ts";
import { afterId } from "../../engines/redis/publication_text.ts";
import { Together } from "../../engines/redis/together.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import { changePublication } from "./change.ts";
import {
  clientsKey,
  connectionField,
  connectionsKey,
  occupiedKey,
  parsePresence,
  plainEntry,
  plainField,
  presenceKeys,
  roomKeys,
} from "./connections.ts";
import { ForeignEntries } from "./foreign.ts";
import { PRESENCE_FUNCTIONS } from "./functions.ts";
import { OccupiedRooms } from "./occupied.ts";
import { roomFull } from "./room_full.ts";
import {
  MAX_PAGE_BYTES,
  type OccupiedPage,
  type OccupiedRequest,
  type OnPresenceChange,
  type PresenceEntry,
  type PresenceLogs,
  type PresenceManager,
  type PresencePage,
  type PresenceRequest,
  type UserPresence,
} from "./store.ts";

/** `presence.lua` answers this where it added the user's first client in the room, or took out the last one. */
const FIRST_OR_LAST = 1;
/** `presence.lua` answers this where the room has no place. */
const FULL = -1;

const NO_STREAMS = { ofUsers: [], ofRooms: [] };

/** Most lookups in one call. */
const MOST_LOOKUPS = 200;

/** The place of one client in one room. */
interface PlaceInRoom {
  readonly site: string;
  readonly room: string;
  readonly user: UserId;
  readonly client_id: string;
}

/** A question for the entry of one user in one room. */
type EntryLookup = Omit<PlaceInRoom, "client_id">;

export interface RedisPresenceOptions {
  /** Whether users stand in the connection hashes by their bare ids, too. @default false */
  readonly plainFields?: boolean;
}

export class RedisPresence implements PresenceManager {
  readonly #keys: RedisKeys;
  readonly #lease: Lease;
  readonly #functions: Calls<typeof PRESENCE_FUNCTIONS>;
  readonly #lookups: Together<EntryLookup, UserPresence | undefined>;
  readonly #foreign: ForeignEntries;
  readonly #occupied: OccupiedRooms;
  readonly #plainFields: boolean;
  #onChange: OnPresenceChange = () => {};
  #logs: PresenceLogs = { streamsOf: () => NO_STREAMS };

  constructor(
    { redis, keys, lease, functions }: RedisStorage,
    { plainFields = false }: RedisPresenceOptions = {},
  ) {
    this.#keys = keys;
    this.#lease = lease;
    this.#plainFields = plainFields;
    this.#functions = functions.calls(PRESENCE_FUNCTIONS);
    this.#foreign = new ForeignEntries({ redis, keys }, this.#functions);
    this.#occupied = new OccupiedRooms({ redis, keys }, this.#functions);
    this.#lookups = new Together<EntryLookup, UserPresence | undefined>(functions, {
      most: MOST_LOOKUPS,
      send: (lookups) => this.#lookUp(lookups),
    });
    lease.sweepBy((lease, noted) => this.#sweep(lease, noted));
  }

  get era(): string {
    return this.#lease.id;
  }

  async add(
    site: string,
    user: UserId,
    entry: PresenceEntry,
    maxClients?: number,
  ): Promise<boolean> {
    const { client_id, room } = entry;
    const place = { site, room, user, client_id };
    let added = await this.#add(place, entry, maxClients);
    // A dead node's places are free once its lease has ended, although nobody may have swept them yet.
    if (added === FULL && await this.#lease.sweepEnded()) {
      added = await this.#add(place, entry, maxClients);
    }
    if (added !== FULL || maxClients === undefined) return added === FIRST_OR_LAST;
    throw roomFull(room, maxClients);
  }

  async announce(site: string, user: UserId, { room, name }: PresenceEntry): Promise<void> {
    await this.#functions.announce(
      [roomKeys(this.#keys, site, room).present],
      [user, this.#channel(site, room), afterId(changePublication("join", { user, name }))],
    );
  }

  async remove(
    site: string,
    user: UserId,
    { client_id, room, name }: PresenceEntry,
  ): Promise<boolean> {
    const place = { site, room, user, client_id };
    return await this.#takeOut(place, { lease: "", name, noted: written(place) }) === FIRST_OR_LAST;
  }

  forsake(): void {
    this.#lease.forsake();
  }

  async list(site: string, room: string, request: PresenceRequest): Promise<PresencePage> {
    const { limit, from, most } = request;
    const { connections, present, plain } = roomKeys(this.#keys, site, room);
    const { after = "-inf", until = "+inf" } = from ?? {};
    const [version, count, foreign, more, entries] = await this.#functions.list(
      [connections, present, plain],
      [after, until, limit, most ?? "", MAX_PAGE_BYTES],
    ) as [string, number, number, string, string[]];
    if (foreign === 1) this.#foreign.note(site, room);
    const end = from?.until ?? Number(version);
    return {
      users: entries.flatMap((entry) => parsePresence(entry) ?? []),
      count,
      version: Number(version),
      ...(more === "" ? {} : { next: { after: Number(more), until: end } }),
    };
  }

  get(site: string, room: string, user: UserId): Promise<UserPresence | undefined> {
    return this.#lookups.ask({ site, room, user });
  }

  occupied(site: string, request: OccupiedRequest): Promise<OccupiedPage> {
    return this.#occupied.page(site, request);
  }

  counts(site: string, rooms: readonly string[]): Promise<number[]> {
    return this.#occupied.counts(site, rooms);
  }

  listen(listener: OnPresenceChange): void {
    this.#onChange = listener;
  }

  logBy(logs: PresenceLogs): boolean {
    this.#logs = logs;
    return true;
  }

  async #lookUp(lookups: readonly EntryLookup[]): Promise<(UserPresence | undefined | Error)[]> {
    const hashes = lookups.map(({ site, room }) => connectionsKey(this.#keys, site, room));
    const clients = lookups.map((place) => clientsKey(this.#keys, place));
    const fields = lookups.map(({ user }) => connectionField(user));
    const entries = await this.#functions.get([...hashes, ...clients], fields);
    return (entries as (string | null | Error)[]).map((entry, index) => {
      if (entry instanceof Error) return unavailable(entry);
      const { site, room } = lookups[index]!;
      if (entry === "") this.#foreign.note(site, room);
      return entry === null ? undefined : parsePresence(entry);
    });
  }

  async #add(
    place: PlaceInRoom,
    entry: PresenceEntry,
    maxClients: number | undefined,
  ): Promise<number> {
    const { user, site, room } = place;
    const join = changePublication("join", { user, name: entry.name });
    return await this.#place(place, {
      lease: this.#lease.id,
      noted: written(place),
      name: entry.name,
      json: JSON.stringify(entry),
      most: maxClients ?? "",
      plain: this.#plainFields ? plainEntry(entry) : "",
      // A room with a limit is told once the client hears it.
      told: maxClients === undefined ? [this.#channel(site, room), afterId(join)] : ["", ""],
    });
  }

  /**
   * @param by the lease that the place has to be of, empty for any; the name that the room is told; and how this node's
   *   lease notes the place, empty where it does not
   */
  #takeOut(
    place: PlaceInRoom,
    by: { readonly lease: string; readonly name: string; readonly noted: string },
  ): Promise<number> {
    const { lease, name, noted } = by;
    const leave = changePublication("leave", { user: place.user, name });
    const told = [this.#channel(place.site, place.room), afterId(leave)] as const;
    return this.#place(place, { lease, noted, name, json: "", most: "", plain: "", told });
  }

  async #place(
    place: PlaceInRoom,
    { lease, noted, name, json, most, plain, told }: {
      readonly lease: string;
      readonly noted: string;
      readonly name: string;
      readonly json: string;
      readonly most: number | "";
      readonly plain: string;
      readonly told: readonly [channel: string, publication: string];
    },
  ): Promise<number> {
    const { site, room, user, client_id } = place;
    const kind = json === "" ? "leave" : "join";
    const { ofUsers, ofRooms } = this.#logs.streamsOf(kind, site, room);
    const id = nextId();
    const [code, foreign, users] = await this.#functions.place(
      [
        ...presenceKeys(this.#keys, place),
        this.#keys.lease(this.#lease.id),
        occupiedKey(this.#keys, site),
        ...ofUsers,
        ...ofRooms,
      ],
      [
        user,
        connectionField(user),
        client_id,
        lease,
        json,
        most,
        plainField(user) ?? "",
        plain,
        ...told,
        noted,
        room,
        id,
        site,
        unixSeconds(),
        JSON.stringify({ name }),
        ofUsers.length,
      ],
    ) as [number, number, number];
    if (foreign === 1) this.#foreign.note(site, room);
    if (code === FIRST_OR_LAST) {
      this.#onChange({ kind, site, room, user, name, users, id });
    }
    return code;
  }

  /** Takes a dead client out, and says whether it was the user's last one in the room. */
  async #sweep(lease: string, noted: string): Promise<boolean> {
    const place = read(noted);
    return await this.#takeOut(place, { lease, name: place.user, noted: "" }) === FIRST_OR_LAST;
  }

  /** The channel by which nodes hear the room. */
  #channel(site: string, room: string): string {
    return this.#keys.channel(roomChannel(site, room));
  }
}

/** A place as a lease notes it. None of the four parts holds a line break. */
function written({ site, room, user, client_id }: PlaceInRoom): string {
  return [site, room, user, client_id].join("\n");
}

function read(noted: string): PlaceInRoom {
  const [site = "", room = "", user = "", client_id = ""] = noted.split("\n");
  return { site, room, user, client_id };
}
