/** Calls the server as the holder of the session. Paths are those of `/api`; the dashboard has them below its own. */
import type { Session } from "./shapes.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What the server said no to, in its words. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/** The answer of who the dashboard is for. */
export interface SessionAnswer {
  readonly session: Session | null;
  /** Why it is for nobody. */
  readonly reason?: string;
}

export class Api {
  /** Is called when the server says that the session has ended. */
  onEnded: (reason: string) => void = () => {};

  session(): Promise<SessionAnswer> {
    return this.#ask("GET", "session") as Promise<SessionAnswer>;
  }

  signIn(key: string): Promise<SessionAnswer> {
    return this.#ask("POST", "session", { key }) as Promise<SessionAnswer>;
  }

  async signOut(): Promise<void> {
    await this.#ask("DELETE", "session");
  }

  async get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
    return await this.#call("GET", path, undefined, signal) as Answer;
  }

  async send<Answer>(method: Exclude<Method, "GET">, path: string, body?: object): Promise<Answer> {
    return await this.#call(method, path, body) as Answer;
  }

  /** Opens a stream of events, whose answer is checked. */
  async open(path: string, signal: AbortSignal): Promise<Response> {
    const response = await fetch(`api${path}`, {
      headers: { ...HEADERS, accept: "text/event-stream" },
      signal,
    });
    if (!response.ok) throw this.#noted(await refusalOf(response));
    return response;
  }

  async #call(method: Method, path: string, body?: object, signal?: AbortSignal): Promise<unknown> {
    try {
      return await this.#ask(method, `api${path}`, body, signal);
    } catch (error) {
      throw this.#noted(error);
    }
  }

  #noted(error: unknown): unknown {
    if (error instanceof ApiError && error.status === 401) this.onEnded(error.message);
    return error;
  }

  async #ask(method: Method, url: string, body?: object, signal?: AbortSignal): Promise<unknown> {
    const response = await fetch(url, {
      ...{ method, headers: { ...HEADERS, "content-type": "application/json" } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    }).catch((error) => {
      if (signal?.aborted) throw error;
      throw new ApiError(0, "offline", "The server cannot be reached");
    });
    if (!response.ok) throw await refusalOf(response);
    return response.status === 204 ? undefined : await response.json();
  }
}

/** No page of another site can send it, so that the server knows the dashboard's own. */
const HEADERS = { "x-notifyli-admin": "1" };

async function refusalOf(response: Response): Promise<ApiError> {
  try {
    const { code, message } = await response.json();
    return new ApiError(response.status, String(code), String(message));
  } catch {
    return new ApiError(response.status, "failed", `The server answered ${response.status}`);
  }
}

/** A part of a path, such as a user's id. */
export function part(name: string | number): string {
  return encodeURIComponent(String(name));
}

/** A query of what is not empty, with its question mark. */
export function query(fields: Readonly<Record<string, string | number | undefined>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

/** What went wrong, in words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
