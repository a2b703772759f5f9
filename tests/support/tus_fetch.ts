/** The requests of `tus-js-client` by `fetch`: its own way in Node leaves timers behind, which the sanitizers take for leaks. */
import type { HttpRequest, HttpResponse, HttpStack } from "tus-js-client";

export class FetchStack implements HttpStack {
  createRequest(method: string, url: string): HttpRequest {
    return new FetchRequest(method, url);
  }

  getName(): string {
    return "fetch";
  }
}

class FetchRequest implements HttpRequest {
  readonly #method: string;
  readonly #url: string;
  readonly #headers = new Headers();
  readonly #stop = new AbortController();

  constructor(method: string, url: string) {
    this.#method = method;
    this.#url = url;
  }

  getMethod(): string {
    return this.#method;
  }

  getURL(): string {
    return this.#url;
  }

  setHeader(name: string, value: string): void {
    this.#headers.set(name, value);
  }

  getHeader(name: string): string | undefined {
    return this.#headers.get(name) ?? undefined;
  }

  setProgressHandler(): void {}

  /** @param body bytes, as the library has cut them from those of the test */
  async send(body?: unknown): Promise<HttpResponse> {
    const answer = await fetch(this.#url, {
      ...{ method: this.#method, headers: this.#headers, signal: this.#stop.signal },
      ...(body instanceof Uint8Array && { body: new Uint8Array(body) }),
    });
    const text = await answer.text();
    return {
      getStatus: () => answer.status,
      getHeader: (name) => answer.headers.get(name) ?? undefined,
      getBody: () => text,
      getUnderlyingObject: () => answer,
    };
  }

  abort(): Promise<void> {
    this.#stop.abort();
    return Promise.resolve();
  }

  getUnderlyingObject(): this {
    return this;
  }
}
