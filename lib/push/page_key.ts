/** The key that the page subscribes with, as `config.json` has it. */
import type { PushProviders } from "./providers/providers.ts";

export class PageKey {
  readonly #providers: Pick<PushProviders, "publicKey">;
  readonly #isOn: boolean;
  #key: string | undefined;

  constructor(providers: Pick<PushProviders, "publicKey">, isOn: boolean) {
    this.#providers = providers;
    this.#isOn = isOn;
  }

  /** Where the database is away, it is read later. */
  async load(): Promise<void> {
    if (!this.#isOn || this.#key !== undefined) return;
    this.#key = await this.#providers.publicKey().catch(() => undefined);
  }

  shown(): { readonly push_key?: string } {
    if (this.#key !== undefined) return { push_key: this.#key };
    void this.load();
    return {};
  }
}
