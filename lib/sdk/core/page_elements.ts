/** Says when an element has left the page, wherever it is in it; `lifetime.ts` asks. */

/** The part of an `Element` that is used. */
export interface PageElement {
  readonly isConnected: boolean;
  readonly ownerDocument: object;
  getRootNode(): object;
}

/** Changes below a node of the page. */
interface Changes {
  readonly removedNodes: Iterable<{ contains(element: PageElement): boolean }>;
}

interface Observer {
  observe(root: object, options: typeof CHANGES): void;
  disconnect(): void;
}

interface Watched {
  readonly element: PageElement;
  readonly gone: () => void;
  /** It has been in the page. One that has not yet is waited for. */
  wasThere: boolean;
}

/** How often is looked for an element that was not in the page yet: it may come into a shadow root that nobody watches. */
const LOOK_MS = 250;

const CHANGES = { childList: true, subtree: true };

/** The page's own; outside of a page there is none. */
const { MutationObserver } = globalThis as {
  MutationObserver?: new (changed: (changes: readonly Changes[]) => void) => Observer;
};

class PageElements {
  readonly #watched = new Set<Watched>();
  readonly #observer = MutationObserver && new MutationObserver((all) => this.#changed(all));
  #observed = new WeakSet<object>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  watch(element: PageElement, gone: () => void): () => void {
    const watched = { element, gone, wasThere: element.isConnected };
    this.#watched.add(watched);
    this.#observe(watched);
    if (!watched.wasThere) this.#timer ??= setTimeout(() => this.#look(), LOOK_MS);
    return () => {
      this.#watched.delete(watched);
      if (this.#watched.size === 0) this.#stop();
    };
  }

  /** An element that is moved is gone for a moment of the same task, so it is looked for in the next. */
  #changed(all: readonly Changes[]): void {
    for (const watched of this.#watched) {
      const { element } = watched;
      watched.wasThere ||= element.isConnected || all.some((each) => hasRemoved(each, element));
      if (element.isConnected) this.#observe(watched); // it may have moved to another root
    }
    if (![...this.#watched].some(isGone)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), 0);
  }

  #look(): void {
    this.#timer = undefined;
    for (const watched of [...this.#watched]) {
      watched.wasThere ||= watched.element.isConnected;
      if (isGone(watched) && this.#watched.delete(watched)) watched.gone();
    }
    this.#stop(); // roots that nothing is in any more are not watched any more
    if (this.#watched.size === 0) return;
    for (const watched of this.#watched) this.#observe(watched);
    const isWaiting = [...this.#watched].some(({ wasThere }) => !wasThere);
    if (isWaiting) this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }

  #observe({ element }: Watched): void {
    for (const root of rootsOf(element)) {
      if (this.#observed.has(root)) continue;
      this.#observed.add(root);
      this.#observer?.observe(root, CHANGES);
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#observer?.disconnect();
    this.#observed = new WeakSet();
  }
}

const page = new PageElements();

/** Throws where a value is no element of a page: that nothing would end a subscription is not found out later. */
export function requireElement(element: unknown): void {
  const hasRoot = typeof element === "object" && element !== null && "getRootNode" in element;
  if (!hasRoot) throw new TypeError(`Cannot end with 'element': ${element} is no element`);
  if (MutationObserver === undefined) {
    throw new TypeError("Cannot end with 'element': there is no page here");
  }
}

/**
 * Calls `gone` once, when the element has left the page it is in, or will be in. An element that is moved within one task has
 * not left.
 *
 * @returns stops watching
 */
export function watchElement(element: PageElement, gone: () => void): () => void {
  return page.watch(element, gone);
}

function isGone({ element, wasThere }: Watched): boolean {
  return wasThere && !element.isConnected;
}

/** Whether the element is in what was taken out. It may have come and gone within one task. */
function hasRemoved({ removedNodes }: Changes, element: PageElement): boolean {
  return [...removedNodes].some((node) => node.contains(element));
}

/** What has to be watched: no change in a shadow root is heard outside of it. */
function rootsOf(element: PageElement): object[] {
  if (!element.isConnected) return [element.ownerDocument];
  const root = element.getRootNode();
  return "host" in root ? [root, ...rootsOf(root.host as PageElement)] : [root];
}
