/**
 * Watches what happens on the server, by one stream of events. It ends while the page is hidden or paused, and is opened again when
 * it breaks off, later each time.
 */
import { pause } from "../../base/pause.ts";
import { type Api, ApiError, reasonOf } from "./api.ts";
import { readEvents } from "./event_reader.ts";

/** How the stream is. */
export type WatchState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "paused" }
  | { readonly kind: "hidden" }
  | { readonly kind: "offline"; readonly since: number; readonly reason: string };

export interface Watching {
  onEvent(event: string, data: unknown): void;
  onState(state: WatchState): void;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

/** A stream that says nothing for so long is taken for broken off: the server says something more often. */
const SILENT_MS = 45_000;

export class Watch {
  readonly #api: Api;
  readonly #path: string;
  readonly #watching: Watching;
  #run: AbortController | undefined;
  #isPaused = false;
  #isClosed = false;
  #offlineSince: number | undefined;
  readonly #onHidden = () => this.#follow();

  /** @param path such as `/watch?streams=nodes` */
  constructor(api: Api, path: string, watching: Watching) {
    this.#api = api;
    this.#path = path;
    this.#watching = watching;
    document.addEventListener("visibilitychange", this.#onHidden);
    this.#follow();
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#follow();
  }

  /** Tries at once. */
  retry(): void {
    this.#run?.abort();
    this.#run = undefined;
    this.#follow();
  }

  close(): void {
    this.#isClosed = true;
    document.removeEventListener("visibilitychange", this.#onHidden);
    this.#run?.abort();
  }

  /** Opens or ends the stream, as is right now. */
  #follow(): void {
    if (this.#isClosed) return;
    const rests = this.#isPaused ? "paused" : document.hidden ? "hidden" : undefined;
    if (rests === undefined) {
      if (this.#run === undefined) void this.#keepOpen(this.#run = new AbortController());
      return;
    }
    this.#run?.abort();
    this.#run = undefined;
    this.#offlineSince = undefined;
    this.#watching.onState({ kind: rests });
  }

  async #keepOpen({ signal }: AbortController): Promise<void> {
    let wait = FIRST_WAIT_MS;
    if (this.#offlineSince === undefined) this.#watching.onState({ kind: "connecting" });
    while (!signal.aborted) {
      const openedAt = Date.now();
      const reason = await this.#readOnce(signal).catch((error) => error);
      if (signal.aborted) return;
      this.#offlineSince ??= Date.now();
      this.#watching.onState({
        kind: "offline",
        since: this.#offlineSince,
        reason: reasonOf(reason ?? "The server ended the stream"),
      });
      if (reason instanceof ApiError && [401, 403].includes(reason.status)) return;
      if (Date.now() - openedAt > LONGEST_WAIT_MS) wait = FIRST_WAIT_MS;
      await pause(wait * (0.75 + Math.random() / 2), signal);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  async #readOnce(outer: AbortSignal): Promise<void> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENT_MS);
    try {
      const response = await this.#api.open(
        this.#path,
        AbortSignal.any([outer, silence.signal]),
      );
      if (response.body === null) return;
      this.#offlineSince = undefined;
      this.#watching.onState({ kind: "live" });
      const heard = () => {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENT_MS);
      };
      for await (const { name, data } of readEvents(response.body, heard)) {
        if (outer.aborted) return;
        this.#watching.onEvent(name, JSON.parse(data));
      }
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ApiError(0, "offline", "The server cannot be reached");
    } finally {
      clearTimeout(timer);
    }
  }
}
