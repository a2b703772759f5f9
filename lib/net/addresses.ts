/** IP addresses: the one form of each, the key that limits count by, and lists of addresses. */
import { BlockList, isIP } from "node:net";

/** Stands for every address that nobody told, or that was none. All of these count as one address. */
export const UNKNOWN_ADDRESS = "unknown";

/**
 * The one form of an address: without port, brackets or zone, IPv4 in IPv6 as IPv4, other IPv6 as RFC 5952 writes it.
 * `undefined` if the text is no address.
 */
export function parseAddress(text: string): string | undefined {
  const [, bracketed, bare] = /^(?:\[([^\]]*)\](?::\d{1,5})?|(.*))$/s.exec(text.trim()) ?? [];
  const address = bracketed ?? withoutPort(bare ?? "");
  const [plain = "", ...zone] = address.split("%");
  if (zone.length > 1 || zone[0] === "") return undefined;
  switch (isIP(plain)) {
    case 4:
      return bracketed === undefined && zone.length === 0 ? plain : undefined;
    case 6:
      return shortened(plain);
    default:
      return undefined;
  }
}

/**
 * The key by which limits count an address. For IPv6 it is the /64: a household or a host has one, and can take any
 * address in it.
 *
 * @param address in its one form
 */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  const groups = groupsOf(address).slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(":")}::/64`;
}

/** The IPv4 address in the last 32 bits of an IPv6 address. */
export function lastIPv4(address: string): string {
  const [high = 0, low = 0] = groupsOf(address).slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Whether an address, in its one form, is this machine's own. */
export function isOwnMachine(address: string): boolean {
  return address === "::1" || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** Addresses and networks such as `203.0.113.7` and `2001:db8::/32`. */
export class AddressList {
  readonly #list = new BlockList();

  /** @param entries for each of which {@linkcode isAddressOrNetwork} holds */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const { address, family, prefix } = readEntry(entry) ?? notAnEntry(entry);
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, prefix, family);
    }
  }

  /** @param address in its one form; {@linkcode UNKNOWN_ADDRESS} is in no list */
  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 4 ? "ipv4" : "ipv6");
  }
}

export function isAddressOrNetwork(entry: string): boolean {
  return readEntry(entry) !== undefined;
}

function readEntry(
  entry: string,
): { address: string; family: "ipv4" | "ipv6"; prefix?: number } | undefined {
  const [text = "", bits, ...more] = entry.split("/");
  const address = isIP(text) === 0 ? undefined : parseAddress(text);
  if (address === undefined || more.length > 0) return undefined;
  const family = isIP(address) === 4 ? "ipv4" : "ipv6";
  if (bits === undefined) return { address, family };
  // In a network such as ::ffff:10.0.0.0/104 it would be unclear which address the bits are counted in.
  const isMapped = family === "ipv4" && text.includes(":");
  const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : NaN;
  return prefix <= (family === "ipv4" ? 32 : 128) && !isMapped
    ? { address, family, prefix }
    : undefined;
}

function notAnEntry(entry: string): never {
  throw new TypeError(`Cannot list ${JSON.stringify(entry)}: it is no address and no network`);
}

/** Turns `203.0.113.7:80` into `203.0.113.7`. An IPv6 address with a port has brackets. */
function withoutPort(text: string): string {
  return /^[\d.]+:\d{1,5}$/.test(text) ? text.slice(0, text.indexOf(":")) : text;
}

function shortened(address: string): string {
  const groups = groupsOf(address);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return lastIPv4(address);
  }
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** The eight numbers of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const [left = "", right] = address.split("::");
  const [before, after] = [numbersOf(left), numbersOf(right ?? "")];
  const zeros = Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0);
  return right === undefined ? before : [...before, ...zeros, ...after];
}

function numbersOf(part: string): number[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => {
    if (!group.includes(".")) return [parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a << 8 | b, c << 8 | d];
  });
}
