/** Answers to the server as the one device that was shown a notification, without anybody being signed in. */
import { readKept } from "../kept.ts";
import type { OwnData } from "./payload.ts";
import { scope } from "./scope.ts";

/** A worker is ended some 30 seconds after an event; the text is wanted before. */
const DEADLINE_MS = 10_000;

export type Deed =
  | { readonly do: "read" | "archive" }
  | { readonly do: "act"; readonly action: string; readonly text?: string };

/** Whether the server has taken it. */
export async function answer(own: OwnData, deed: Deed): Promise<boolean> {
  try {
    return (await ask(own, deed)).ok;
  } catch {
    return false; // there is no network
  }
}

export interface Text {
  readonly title?: string;
  readonly body?: string;
  readonly navigate?: string;
  readonly icon?: string;
  readonly image?: string;
}

/** The text of a notification that was kept from the push service; empty where the server cannot be reached. */
export async function fetchText(own: OwnData): Promise<Text> {
  try {
    const response = await ask(own);
    if (!response.ok) return {};
    const { title, message, text: words, url, icon, image } = await response.json();
    const [name, text] = [textIn(title), textIn(words ?? message)];
    const [navigate, mark, picture] = [url, icon, image?.url ?? image].map(textIn);
    return {
      ...((name ?? text) !== undefined && { title: name ?? text }),
      ...(name !== undefined && text !== undefined && { body: text }),
      ...(navigate !== undefined && { navigate }),
      ...(mark !== undefined && { icon: mark }),
      ...(picture !== undefined && { image: picture }),
    };
  } catch {
    return {};
  }
}

async function ask({ answer }: OwnData, deed?: Deed): Promise<Response> {
  if (answer === undefined) return Response.error();
  return await fetch(await addressOf(answer), {
    signal: AbortSignal.timeout(DEADLINE_MS),
    ...(deed && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(deed),
    }),
  });
}

/** The server is where the page has found it: it may not know its own address, or a proxy gives it a path. */
async function addressOf(answer: string): Promise<string> {
  const { registration } = scope;
  const kept = await readKept(registration.scope);
  const path = /\/(push\/[^/]+)$/.exec(answer)?.[1];
  if (kept === undefined || path === undefined) return new URL(answer, registration.scope).href;
  return new URL(path, kept.server).href;
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
