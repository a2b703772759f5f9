/** Keeps the number of unread notifications in front of the page's title, also after the application has changed that. */

const BADGE = /^\(\d+\) /;

export class TitleBadge {
  #count = 0;
  readonly #observer = new MutationObserver(() => this.#write());

  show(count: number): void {
    this.#count = count;
    this.#write();
    this.#observer.observe(document.head, { childList: true, characterData: true, subtree: true });
  }

  stop(): void {
    this.#observer.disconnect();
    this.#count = 0;
    this.#write();
  }

  #write(): void {
    const title = document.title.replace(BADGE, "");
    const wanted = this.#count > 0 ? `(${this.#count}) ${title}` : title;
    if (document.title !== wanted) document.title = wanted;
  }
}
