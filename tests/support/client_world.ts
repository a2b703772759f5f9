/** One client of the library in a world of the test's own, which has a clock, sockets, and the frames of a server. */
import assert from "node:assert/strict";
import {
  type Client,
  connect,
  type ConnectOptions,
  type Gap,
  type Message,
  type Notification,
  type NotifyliError,
  type State,
  type TopicFilter,
  type TopicMessage,
  type TopicOptions,
} from "../../lib/sdk/mod.ts";
import { webSocketTransport } from "../../lib/sdk/core/transport.ts";
import { FakeClock, FakeSocket, type Frame } from "./fake_network.ts";

export const EPOCH = "e1";

export interface World extends Disposable {
  readonly client: Client;
  readonly clock: FakeClock;
  readonly sockets: readonly FakeSocket[];
  readonly wake: EventTarget;
  /** The newest socket. */
  readonly socket: FakeSocket;
  states(): State["kind"][];
  /** Accepts the newest socket. */
  online(data?: Frame): void;
  /** Breaks the connection, and accepts the next. */
  comeBack(data?: Frame): void;
}

export interface StartOptions {
  readonly random?: () => number;
  readonly onSocket?: (socket: FakeSocket) => void;
}

export function start(
  { environment, ...options }: Partial<ConnectOptions> = {},
  { random, onSocket }: StartOptions = {},
): World {
  const clock = new FakeClock();
  const wake = new EventTarget();
  const sockets: FakeSocket[] = [];
  const WebSocket = class extends FakeSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
      onSocket?.(this);
    }
  };
  const client = connect({
    url: "http://one.test/ws",
    userId: 123,
    name: "Alice",
    transport: webSocketTransport(WebSocket),
    environment: { clock, random: random ?? (() => 0.5), wakeSources: [wake], ...environment },
    ...options,
  });
  const states: State[] = [];
  client.on("state", (state) => states.push(state));
  const world = {
    client,
    clock,
    sockets,
    wake,
    get socket() {
      const socket = sockets.at(-1);
      assert.ok(socket);
      return socket;
    },
    states: () => states.map(({ kind }) => kind),
    online(data: Frame = {}) {
      world.socket.open();
      world.socket.reply("connect", connectData(data));
    },
    comeBack(data: Frame = { inbox: inboxData(0, { recovered: true }) }) {
      world.socket.drop(1006);
      const { state } = client;
      assert.ok(state.kind === "waiting");
      clock.pass(state.retryAt - clock.now());
      world.online(data);
    },
    [Symbol.dispose]: () => client.close(),
  };
  return world;
}

export function watchRoom(client: Client) {
  const messages: Message[] = [];
  const gaps: Gap[] = [];
  const errors: NotifyliError[] = [];
  const subscription = client.subscribe("lobby", (message) => messages.push(message));
  subscription.on("gap", (gap) => gaps.push(gap));
  subscription.on("error", (error) => errors.push(error));
  return { subscription, messages, gaps, errors };
}

export function watchInbox(client: Client) {
  const notifications: Notification[] = [];
  const gaps: Gap[] = [];
  client.on("notification", (notification) => notifications.push(notification));
  client.on("gap", (gap) => gaps.push(gap));
  return { notifications, gaps };
}

export function message(offset: number): Frame {
  return {
    type: "usermsg",
    id: `lobby-${offset}`,
    room: "lobby",
    user_id: 7,
    name: "Bob",
    message: String(offset),
    timestamp: 1_700_000_000,
    offset,
  };
}

export function direct(offset: number): Frame {
  return {
    ...message(offset),
    type: "direct_message",
    id: `n-${offset}`,
    room: "/user/123",
    user_id: 123,
    name: "Shop",
  };
}

export function connectData(more: Frame = {}): Frame {
  return { client_id: "c1", version: "0", ping: 25, unread: 0, inbox: inboxData(0), ...more };
}

export function inboxData(offset: number, more: Frame = {}, notifications: Frame[] = []): Frame {
  const reason = more.recovered === true ? {} : { reason: "new" };
  return { offset, epoch: EPOCH, recovered: false, ...reason, ...more, notifications };
}

export function roomData(offset: number, more: Frame = {}, publications: Frame[] = []): Frame {
  return { room: "lobby", offset, epoch: EPOCH, recovered: false, ...more, publications };
}

/** The data of the answer to a subscription to a topic. */
export function topicData(
  sub: number,
  offset: number,
  more: Frame = {},
  publications: Frame[] = [],
): Frame {
  return { topic: "T", sub, offset, epoch: EPOCH, recovered: false, ...more, publications };
}

/** What is published in a topic, as the server sends it. */
export function published(offset: number, subs: number[], more: Frame = {}): Frame {
  return {
    type: "event",
    topic: "T",
    id: `t-${offset}`,
    data: { id: 5 },
    subs,
    timestamp: 1_700_000_000,
    offset,
    ...more,
  };
}

export function watchTopic(client: Client, ...asked: [filter?: TopicFilter, TopicOptions?]) {
  const messages: TopicMessage[] = [];
  const gaps: Gap[] = [];
  const errors: NotifyliError[] = [];
  let taken = 0;
  const [filter, options] = asked;
  const subscription = client.topic("T", filter, (message) => messages.push(message), options);
  subscription.on("gap", (gap) => gaps.push(gap));
  subscription.on("error", (error) => errors.push(error));
  subscription.on("subscribed", () => taken++);
  return { subscription, messages, gaps, errors, taken: () => taken };
}

export function offsets(items: readonly { offset?: number }[]): (number | undefined)[] {
  return items.map(at);
}

export function at({ offset }: { offset?: number }): number | undefined {
  return offset;
}
