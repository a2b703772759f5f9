/**
 * The client library of notifyli: web APIs only, for browsers, Deno and Node.js, served as `/notifyli.js`.
 * `client.ts` is what `connect()` makes.
 *
 * @example
 * ```ts ignore
 * import { connect } from "/notifyli.js";
 *
 * const client = connect({ url: "/ws", userId: 123, name: "Alice", storage: sessionStorage });
 * client.on("notification", ({ name, message }) => console.log(name, message));
 * client.subscribe("lobby", ({ name, message }) => console.log(name, message));
 * await client.publish("lobby", "Hello!");
 * ```
 */
import { Client } from "./client.ts";
import { systemClock } from "./core/clock.ts";
import { defaultTransport } from "./core/default_transport.ts";
import { type ConnectOptions, resolveOptions } from "./core/options.ts";
import type { OpenTransport } from "./core/transport.ts";
import { sharedTransportOver } from "./tabs/shared_transport.ts";

export type { Client } from "./client.ts";
export type { ClientEvents } from "./client_events.ts";
export type { State } from "./core/server_connection.ts";
export { CONNECTION_REFUSED } from "../base/close_codes.ts";
export { NotifyliError } from "./core/errors.ts";
export type { Clock } from "./core/clock.ts";
export type { ConnectOptions, Environment, KeyValueStore } from "./core/options.ts";
export type * from "./conversations/api.ts";
export type * from "./conversations/types.ts";
export type * from "./files/types.ts";
export type {
  FoldedNotification,
  Notifications,
  PageOptions,
  SnoozedNotifications,
  WhichNotifications,
} from "./inbox/notifications.ts";
export type { Devices } from "./push/devices.ts";
export type { WhyUnsupported } from "./push/browser.ts";
export type { WorkerRegistration } from "./push/surroundings.ts";
export type { OpenedNotification } from "./push/opened.ts";
export type { Push, PushEvents, PushOptions, PushState } from "./push/push.ts";
export type * from "./push/types.ts";
export type { Preferences } from "./preferences/preferences.ts";
export type * from "./preferences/types.ts";
export type { SubscribeOptions, Subscription, SubscriptionEvents } from "./rooms/subscription.ts";
export type { Lifetime } from "./core/lifetime.ts";
export type { PageElement } from "./core/page_elements.ts";
export type { TopicFilter } from "./topics/filter.ts";
export type {
  TopicOptions,
  TopicSubscription,
  TopicSubscriptionEvents,
  TopicTokenSource,
} from "./topics/topic_subscription.ts";
export type { TopicArguments, Topics } from "./topics/topics.ts";
export { sseTransport } from "./core/sse_transport.ts";
export type { OpenTransport, Transport, TransportEvents } from "./core/transport.ts";
export type { WebSocketConstructor, WebSocketLike } from "./core/transport.ts";
export type { CredentialsSource, TokenSource } from "./core/token.ts";
export type * from "./core/types.ts";

/**
 * Makes the `transport` of `connect()`. Where the runtime has no SharedWorker, or lets none start, each tab has a connection
 * of its own.
 *
 * @param script the address of the bundled `tabs/shared_worker.ts`, on the page's own origin
 */
export function sharedTransport(script: string | URL): OpenTransport | undefined {
  return sharedTransportOver(script, defaultTransport(systemClock));
}

/**
 * Starts a client, which connects by itself, now and whenever the connection was lost, until it is closed.
 * Handlers that are registered before the next `await` miss nothing.
 *
 * @throws {TypeError} where an address is none
 */
export function connect(options: ConnectOptions): Client {
  return new Client(resolveOptions(options));
}
