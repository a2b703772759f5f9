/** Keeps the number of unread notifications in front of the page's title, also after the application has changed that. */

const BADGE = /^\(\d+\) /;

export class TitleBadge {
  /** `undefined` where the title is left as the page has it. */
  #count: number | undefined;
  readonly #observer = new MutationObserver(() => this.#write());

  show(count: number): void {
    this.#count = count;
    this.#write();
    this.#observer.observe(document.head, { childList: true, characterData: true, subtree: true });
  }

  stop(): void {
    if (this.#count === undefined) return; // a page may have a number of its own there
    this.#observer.disconnect();
    this.#count = 0;
    this.#write();
    this.#count = undefined;
  }

  #write(): void {
    const title = document.title.replace(BADGE, "");
    const wanted = this.#count ? `(${this.#count}) ${title}` : title;
    if (document.title !== wanted) document.title = wanted;
  }
}
