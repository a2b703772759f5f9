/** The server that subcommands upload files to: the one on this machine, or the one of `--url`. */
import { reasonOf } from "../base/reason.ts";
import type { Config } from "../configuration.ts";
import { readPem } from "../config/pem.ts";
import { fileAddress } from "../sdk/core/addresses.ts";
import { systemClock } from "../sdk/core/clock.ts";
import { NotifyliError } from "../sdk/core/errors.ts";
import { Calls } from "../sdk/files/calls.ts";
import type { UploadHost } from "../sdk/files/upload.ts";
import { localUrl } from "./local_address.ts";
import { UsageError } from "./options.ts";
import { pinnedFetch } from "./pinned_fetch.ts";

/** How often in a row it is tried to reach a server that has answered before: for some minutes. */
const MAX_FAILURES = 12;

interface Given {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
  readonly user?: string | undefined;
}

export class UploadTarget implements UploadHost {
  readonly clock = systemClock;
  readonly random = Math.random;
  readonly calls: Calls;
  readonly #url: string;
  #hasAnswered = false;

  constructor(config: Config, { url, key = config.keys.apiKey, user }: Given) {
    this.#url = `${url === undefined ? localUrl(config) : readUrl(url)}/ws`;
    const { tls } = config.listeners;
    const send = url === undefined && tls !== undefined
      ? pinnedFetch(readPem("APP_TLS_CERT", tls.cert))
      : fetch;
    this.calls = new Calls({
      clock: systemClock,
      fetch: async (...request) => {
        const answer = await send(...request);
        this.#hasAnswered = true;
        return answer;
      },
      fetchBucket: fetch,
      token: key,
      place: { url: this.#url, userId: user },
    });
  }

  /** @param path as the server says it */
  address(path: string): string {
    return fileAddress(this.#url, path).address.href;
  }

  /** The id of a file of this server that an address leads to. */
  fileIdIn({ origin, pathname }: URL): string | undefined {
    const files = this.address("files/");
    const address = `${origin}${pathname}`;
    return address.startsWith(files) ? address.slice(files.length) : undefined;
  }

  /** Removes a file that nobody is to have. Where that fails now, the server does so after a day. */
  async remove(id: string): Promise<void> {
    await this.calls.call("DELETE", `files/${id}`).catch(() => {});
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(ms, () => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
      const abort = () => {
        cancel();
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** A server that is not there at all is not waited for. */
  givesUp({ code }: NotifyliError, failures: number): boolean {
    return failures > MAX_FAILURES || (code === "unavailable" && !this.#hasAnswered);
  }

  reason(error: unknown): string {
    const isUnreached = error instanceof NotifyliError && error.code === "unavailable" &&
      !this.#hasAnswered;
    return isUnreached
      ? `no notifyli server answers at ${this.#url.replace(/\/ws$/, "")} (${reasonOf(error.cause)})`
      : reasonOf(error);
  }
}

function readUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) {
    return `${url.origin}${url.pathname.replace(/(\/ws)?\/*$/, "")}`;
  }
  throw new UsageError(
    `Cannot take --url: current value is ${
      JSON.stringify(text)
    }, allowed is an http or https address`,
  );
}
