/** A client of the chat protocol, as clients of a PHP chat server are. */
import assert from "node:assert/strict";
import { type Frame, TestClient } from "./test_client.ts";
import { waitFor } from "./wait.ts";

/** A message as the chat protocol pushes it. */
export interface PushedMessage {
  readonly id: number;
  readonly conversation_id: number;
  readonly sender_id: number | string;
  readonly content: string;
  readonly file?: unknown;
  readonly type: string;
  readonly created_at: string;
}

export class ChatClient implements AsyncDisposable {
  readonly socket: TestClient;

  private constructor(socket: TestClient) {
    this.socket = socket;
  }

  /** Connects without saying who it is. @param url of `/ws` */
  static async connect(url: string): Promise<ChatClient> {
    return new ChatClient(await TestClient.connect(url, { protocol: "chat" }));
  }

  /** Connects, and is who the token says when this resolves. */
  static async open(url: string, token: string): Promise<ChatClient> {
    const client = await ChatClient.connect(url);
    assert.equal((await client.ask({ type: "auth", token }))["success"], true);
    return client;
  }

  /** Sends a frame, and resolves with its answer. */
  async ask(frame: Frame): Promise<Frame> {
    const before = this.#answers.length;
    this.socket.send(frame);
    const answer = await waitFor(
      `an answer to ${JSON.stringify(frame)}`,
      () => this.#answers[before] ?? this.socket.closed,
    );
    if ("success" in answer) return answer;
    throw new Error(`closed with ${answer.code} before an answer to ${JSON.stringify(frame)}`);
  }

  /** Says something, and resolves with the number of the message. */
  async say(to: number | string, content: string, more: Frame = {}): Promise<number> {
    const { success, error, data } = await this.ask({ type: "message", to, content, ...more });
    assert.equal(success, true, String(error));
    return Number((data as Frame)["message_id"]);
  }

  /** Sends a frame that is refused, and resolves with why. */
  async refused(frame: Frame): Promise<string> {
    const { success, error, ...rest } = await this.ask(frame);
    assert.deepEqual([success, rest], [false, {}]);
    return String(error);
  }

  /** The messages that were pushed. */
  get messages(): PushedMessage[] {
    return this.socket.ofType("new_message").map(({ message }) => message as PushedMessage);
  }

  /** Resolves with the messages that were pushed, once there are so many. */
  async get(count: number): Promise<PushedMessage[]> {
    await this.socket.get("new_message", count);
    return this.messages;
  }

  get #answers(): Frame[] {
    return this.socket.frames.filter((frame) => "success" in frame);
  }

  close(): Promise<void> {
    return this.socket.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
