/** What tests of topics do: clients that subscribe, and programs that publish. */
import type { Program } from "./program.ts";
import { type Frame, TestClient } from "./test_client.ts";

/** A client of version 2 that has said who it is. */
export async function clientOf(
  { webSocketUrl }: Pick<Program, "webSocketUrl">,
  user: number | string,
): Promise<TestClient> {
  const client = await TestClient.connectV2(webSocketUrl);
  await client.command("connect", { user_id: user });
  return client;
}

/** Publishes an event by HTTP. */
export async function publishEvent(
  { url }: Pick<Program, "url">,
  topic: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; json: Frame }> {
  const answer = await fetch(`${url}/api/topics/${encodeURIComponent(topic)}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers,
  });
  return { status: answer.status, json: await answer.json() };
}

/** The publications of a reply to `subscribe`. */
export function eventsIn(reply: Frame): Frame[] {
  return reply["publications"] as Frame[];
}
