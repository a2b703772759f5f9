/** What the dashboard keeps in the browser: the look alone. Where a browser keeps nothing, it is as if nothing was kept. */
export const ownStorage = {
  getItem(key: string): string | null {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  setItem(key: string, value: string): void {
    try {
      localStorage.setItem(key, value);
    } catch {
      // It counts until the page is closed.
    }
  },
  removeItem(key: string): void {
    try {
      localStorage.removeItem(key);
    } catch {
      // It was never kept.
    }
  },
};
