/** The seam by which devices are reached. */
import type { Device, DeviceMessage, ProviderName, PushResult } from "./types.ts";

export interface PushProvider extends Partial<AsyncDisposable> {
  readonly name: ProviderName;
  /** Whether it can take a message back from a device: where not, `close` is never sent to it. */
  readonly closes: boolean;
  /**
   * Checks the token of a device that is being registered, and returns it in the form in which it is kept, the same for the
   * same device. Throws `invalid` with the field `token` where it is none of this provider's.
   */
  tokenOf(value: unknown): string;
  /**
   * The server's public key that devices are registered for, where they are for one: no other server reaches them. Rejects where it
   * cannot be read.
   */
  serverKey?(): Promise<string>;
  /** What is behind by itself: attempts at a push service that fails rest (`providers/breaker.ts`) without those at others. */
  originOf(device: Device): string;
  /** Sends a message once, within the time of `signal`, and never rejects: what has failed is `later`. */
  send(device: Device, message: DeviceMessage, signal: AbortSignal): Promise<PushResult>;
  /** What is wrong with its keys and certificates, and what ends soon, a sentence each, for `notifyli check`. */
  check(now: number): Promise<readonly ProviderNote[]>;
}

export interface ProviderNote {
  readonly level: "error" | "warning" | "info";
  readonly text: string;
}
