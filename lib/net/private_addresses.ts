/** Tells private addresses from public ones. What is at a private address may trust whoever reaches it. */
import { isIP } from "node:net";
import { AddressList, lastIPv4 } from "./addresses.ts";

/** From IANA's registry of special-purpose addresses: what is not globally reachable, or is not a single machine. */
const PRIVATE_IPV4 = new AddressList([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10", // carrier-grade NAT
  "127.0.0.0/8",
  "169.254.0.0/16", // link-local, and where clouds keep the secrets of a machine
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, and broadcast
]);

/** The global part of IPv6. All else is loopback, local, multicast or not given out. */
const GLOBAL_IPV6 = new AddressList(["2000::/3"]);

const PRIVATE_IPV6 = new AddressList([
  "2001::/23", // Teredo, benchmarks, ORCHID
  "2001:db8::/32",
  "2002::/16", // 6to4, which leads to an IPv4 address, and which hardly anybody uses any more
  "3fff::/20",
]);

/** NAT64: the last 32 bits of an address are the IPv4 address that it leads to. */
const NAT64 = new AddressList(["64:ff9b::/96"]);

/** @param address in its one form, in which IPv4 in IPv6 is IPv4 */
export function isPrivateAddress(address: string): boolean {
  if (isIP(address) === 4) return PRIVATE_IPV4.has(address);
  if (NAT64.has(address)) return PRIVATE_IPV4.has(lastIPv4(address));
  return !GLOBAL_IPV6.has(address) || PRIVATE_IPV6.has(address);
}

/** Why a request to private addresses is not made. */
export function privateRefusal(addresses: string): Error {
  return new PrivateTargetError(`${addresses} is private, and not in APP_OUTGOING_PRIVATE_IPS`);
}

/** A request was not made, since it would go to a private address. */
export class PrivateTargetError extends Error {
  override readonly name = "PrivateTargetError";
}
