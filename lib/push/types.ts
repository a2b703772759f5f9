/** What is pushed to devices, and what becomes of it. */
import type { UserId } from "../base/fields.ts";
import type { Action } from "../inbox/details/actions.ts";

/** By whom a device is reached: a push service of its maker's, a topic of ntfy, or the user's mail. */
export const PROVIDERS = ["web_push", "fcm", "apns", "ntfy", "mail"] as const;

export type ProviderName = typeof PROVIDERS[number];

/** A device of a user's: something that shows notifications while no page is open. */
export interface Device {
  readonly id: string;
  readonly site: string;
  readonly user: UserId;
  readonly provider: ProviderName;
  /**
   * By what the provider knows it: the JSON of a `PushSubscription` (`web_push`, which UnifiedPush speaks as well), a
   * registration token (`fcm`), a device token in hexadecimal (`apns`), the URL of a topic (`ntfy`), or an address (`mail`).
   */
  readonly token: string;
  readonly platform?: string;
  /** The application on the device, where a site has several: the topic of APNs. */
  readonly app?: string;
  /** A BCP 47 tag. */
  readonly locale?: string;
  /** An IANA name. */
  readonly timeZone?: string;
  /** The public key of the server for which a browser has subscribed, in base64url; absent where that is not known. */
  readonly serverKey?: string;
}

/** What a device shows. */
export interface Push {
  /** The notification's id. */
  readonly id: string;
  readonly title?: string;
  /** Absent where texts are kept from push services (`APP_PUSH_TEXT=off`): the device then fetches it from `answerUrl`. */
  readonly text?: string;
  /** The same as it was written, where that is Markdown: `text` is its words alone. */
  readonly markdown?: string;
  /** What a click opens. */
  readonly url?: string;
  readonly icon?: string;
  readonly image?: string;
  readonly kind?: string;
  readonly actions?: readonly Action[];
  readonly data?: unknown;
  /** The newest of a group stands for the others. */
  readonly group?: string;
  /** 1 to 5. */
  readonly priority: number;
  /** How many notifications of the user's are unread. */
  readonly badge: number;
  /** Whether it is shown without a sound: it can wait, by its priority. */
  readonly isSilent?: boolean;
  /** Unix milliseconds from which on it is not to be shown any more. */
  readonly expiresAt: number;
  /** Unix seconds at which it came. */
  readonly at: number;
  /** The absolute URL of this server's from which who has this push reads it, marks it read and acts, without signing in. */
  readonly answerUrl?: string;
  /** The absolute URL by which one `POST` ends mails of this kind (RFC 8058). */
  readonly unsubscribeUrl?: string;
}

/** What a device is told: to show something, or that something was read or taken back elsewhere. */
export type DeviceMessage =
  | ({ readonly what: "show" } & Push)
  | {
    readonly what: "close";
    readonly id: string;
    readonly group?: string;
    readonly badge: number;
    /** Unix milliseconds. */
    readonly expiresAt: number;
  };

/** What a provider says of a push. `why` is for people: it holds the provider's own code, and no token. */
export type PushResult =
  /** The provider has it. `ref` is its name for it. */
  | { readonly result: "taken"; readonly ref?: string }
  /** There is no such device any more: it is to be forgotten. */
  | { readonly result: "gone"; readonly why: string }
  /**
   * It is to be tried again, at `at` (Unix milliseconds) at the earliest where the provider has said when. `isAlone` where
   * that is so for this device alone: the provider takes what is for others. `isDenied` where the provider does not take this
   * server's keys or settings: an operator has to mend these, and what waits is sent then.
   */
  | {
    readonly result: "later";
    readonly why: string;
    readonly at?: number;
    readonly isAlone?: boolean;
    readonly isDenied?: boolean;
  }
  /** It would be refused again, but the device may be right: it is too large, for instance. */
  | { readonly result: "refused"; readonly why: string };
