/** A list of files of the conversation that is open, as it is now. */
import { useEffect, useState } from "preact/hooks";
import { usePage } from "../../context.ts";
import type { FileList, ListedFiles } from "../../session/file_list.ts";

/** Draws the component anew with each change, and asks for the newest ones when it is first drawn. */
export function useFileList(id: number, what: ListedFiles): FileList | undefined {
  const { session } = usePage();
  const [, setTurn] = useState(0);
  const thread = session.chats?.thread;
  const list = thread?.id === id ? thread.files(what) : undefined;
  useEffect(() => {
    if (list === undefined) return;
    list.load();
    return list.subscribe(() => setTurn((turn) => turn + 1));
  }, [list]);
  return list;
}
