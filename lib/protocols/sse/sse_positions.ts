/**
 * How far a stream of events has come, as text for `Last-Event-ID`: `1`, then for the inbox and for each room a short name,
 * the offset and the epoch, such as `1~1x8k2pz.41.3f2a81c0~0k3jd90.17.9bd2e001`.
 */
import { type Channel, keyOf } from "../../core/channel.ts";
import type { Position } from "../../core/publication.ts";
import type { Place } from "../../core/outgoing.ts";

/** The first part of the text, so that a later version can write it in another way. */
const FORMAT_VERSION = "1";

/** The position in one channel: a short name, an offset, an epoch. */
const PART = /^([0-9a-z]{1,7})\.(\d{1,15})\.([\w-]{1,64})$/;

export class Positions {
  /** The positions by short names: one for the inbox, and one for each room, of which a client has a limited number. */
  readonly #positions = new Map<string, Position>();

  /** Reads what a client brought back; `undefined` where that is none of ours. */
  static parse(text: string): Positions | undefined {
    const [version, ...parts] = text.split("~");
    if (version !== FORMAT_VERSION) return undefined;
    const positions = new Positions();
    for (const part of parts) {
      const [, name = "", offset, epoch = ""] = PART.exec(part) ?? [];
      if (offset === undefined) return undefined;
      positions.#positions.set(name, { offset: Number(offset), epoch });
    }
    return positions;
  }

  /** The positions in some channels alone. */
  only(channels: readonly Channel[]): Positions {
    const positions = new Positions();
    for (const channel of channels) {
      const position = this.get(channel);
      if (position !== undefined) positions.move({ channel, position });
    }
    return positions;
  }

  get(channel: Channel): Position | undefined {
    return this.#positions.get(shortName(channel));
  }

  move({ channel, position }: Place): void {
    this.#positions.set(shortName(channel), position);
  }

  forget(channel: Channel): void {
    this.#positions.delete(shortName(channel));
  }

  toString(): string {
    const parts = [...this.#positions].map(([name, { offset, epoch }]) =>
      `${name}.${offset}.${epoch}`
    );
    return [FORMAT_VERSION, ...parts].join("~");
  }
}

/**
 * 32 bits of a channel's name (FNV-1a), since the text goes into a request's header, where a hundred long names have no
 * room. Where two names meet, the epoch shows it, as with any position of another channel.
 */
function shortName(channel: Channel): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(keyOf(channel))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(36);
}
