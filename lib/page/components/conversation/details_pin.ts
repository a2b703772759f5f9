/** Whether the details stand beside the conversation on a wide screen: a choice that is kept. */
import { useEffect, useState } from "preact/hooks";
import { usePage } from "../../context.ts";

const KEY = "notifyli.details";
const listeners = new Set<() => void>();

export function useDetailsPin() {
  const { storage } = usePage();
  const read = () => storage.getItem(KEY) !== "closed";
  const [isPinned, setPinned] = useState(read);
  useEffect(() => {
    const look = () => setPinned(read());
    listeners.add(look);
    return () => void listeners.delete(look);
  }, []);
  return {
    isPinned,
    set(isOpen: boolean) {
      storage.setItem(KEY, isOpen ? "open" : "closed");
      for (const listener of listeners) listener();
    },
  };
}
