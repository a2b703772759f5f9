/** What this browser shows of the user's notifications while no page is open; `session.ts` makes one for each client. */
import type { Client, OpenedNotification, PushState, RegisteredDevice } from "../../sdk/mod.ts";
import type { Place } from "../state/place.ts";
import { serverAddress } from "../address.ts";
import { conversationIn, placeAt } from "./notification_places.ts";

interface PushShown {
  /** Goes to a place of the page. */
  go(place: Place): void;
  /** Shows a notification behind the bell. @param reply the action that wants an answer */
  showNotification(id: string, reply?: string): void;
}

/** How long signing out waits for the server, which may not be there. */
const LEAVING_MS = 2000;

export class PushFeed {
  readonly #client: Client;
  readonly #shown: PushShown;

  constructor(client: Client, shown: PushShown) {
    this.#client = client;
    this.#shown = shown;
    client.push.on("open", (opened) => this.#open(opened));
  }

  get state(): PushState {
    return this.#client.push.state;
  }

  /** Whether this browser may be showing what is the user's: as long as nobody knows, it may. */
  get mayShow(): boolean {
    return this.state.kind === "on" || this.state.kind === "unknown";
  }

  /** Calls `handler` whenever the state has changed, until the function it returns is called. */
  watch(handler: (state: PushState) => void): () => void {
    return this.#client.push.on("changed", handler);
  }

  turnOn(): Promise<unknown> {
    return this.#client.push.subscribe();
  }

  turnOff(): Promise<void> {
    return this.#client.push.unsubscribe();
  }

  devices(): Promise<readonly RegisteredDevice[]> {
    return this.#client.devices.list();
  }

  /** Removes a device; where it is this browser, it shows nothing any more, either. */
  async remove(id: string): Promise<void> {
    const { state } = this;
    if (state.kind === "on" && state.device === id) await this.turnOff();
    else await this.#client.devices.remove(id);
  }

  /** The user signs out: whoever is next here is not shown what is theirs. */
  async leave(): Promise<void> {
    const late = new Promise((resolve) => setTimeout(resolve, LEAVING_MS));
    await Promise.race([this.turnOff().catch(() => {}), late]);
  }

  /** Somebody has clicked a notification of the system's. */
  #open({ id, url, reply, data }: OpenedNotification): void {
    if (url !== undefined && reply === undefined) {
      const place = placeAt(url);
      if (place === undefined) location.assign(new URL(url, serverAddress()).href);
      else this.#shown.go(place);
      return;
    }
    const conversation = conversationIn(data);
    if (conversation === undefined) this.#shown.showNotification(id, reply);
    else this.#shown.go({ kind: "conversation", id: conversation });
  }
}
