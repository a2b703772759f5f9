/** Devices of a user's that show notifications while no page is open, as the library has them. */

/** By whom a device is reached. */
export type DeviceProvider = "web_push" | "fcm" | "apns" | "ntfy" | "mail";

/** What a device is registered with. */
export interface NewDevice {
  readonly provider: DeviceProvider;
  /** The JSON of a `PushSubscription` for `web_push`, which is `subscription.toJSON()`; else a text. */
  readonly token: string | object;
  /** Such as "Firefox on Linux", for the user who looks at the list. */
  readonly platform?: string;
  /** The application, where there are several: the topic of APNs. */
  readonly app?: string;
  /** A BCP 47 tag, such as "de" or "pt-BR". */
  readonly locale?: string;
  /** An IANA name, such as "Europe/Berlin". */
  readonly timeZone?: string;
}

/** A device that is registered. Times are Unix seconds. */
export interface RegisteredDevice extends Omit<NewDevice, "token"> {
  readonly id: string;
  readonly createdAt: number;
  /** When it was registered last. */
  readonly seenAt: number;
  /** What the last push to it came to. */
  readonly last?: {
    readonly at: number;
    readonly result: "taken" | "gone" | "later" | "refused";
    readonly why?: string;
  };
}
