/** What a user was told of conversations. */
import { type Frame, TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";

/** A notification: its sender, its text, and of how many messages it tells. */
export type Notice = readonly [from: string, text: string, messages: number];

/** The notifications in a user's inbox, the oldest first. */
export async function inboxOf(url: string, sub: string): Promise<Notice[]> {
  await using client = await TestClient.connectWithToken(url, await connectionToken({ sub }));
  const { notifications } = await client.command("inbox");
  return (notifications as Frame[]).map(({ name, message, data }) =>
    [String(name), String(message), Number(Object(data)["messages"])] as const
  ).reverse();
}
