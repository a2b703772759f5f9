/** A picture of the server: where its link has ended, it gets a new one, and where there is no picture any more, that is known. */
import { useState } from "preact/hooks";
import type { AttachedFile } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";

interface Found {
  readonly id: string;
  readonly file: AttachedFile;
  /** `strange`: the browser cannot show it. */
  readonly state: "shown" | "gone" | "strange";
  /** A new one is a reason to load it again. */
  readonly turn: number;
}

export function usePicture(file: AttachedFile) {
  const { session } = usePage();
  const [known, setKnown] = useState<Found | undefined>();
  const found = known?.id === file.id
    ? known
    : { id: file.id, file, state: "shown", turn: 0 } as const;
  return {
    ...found,
    /** The browser could not load it. */
    failed() {
      if (found.turn > 0) return setKnown({ ...found, state: "strange" });
      session.files?.renew(file).then((renewed) => {
        setKnown({
          ...{ id: file.id, file: renewed ?? file, turn: 1 },
          state: renewed === undefined ? "gone" : "shown",
        });
      }).catch(() => {});
    },
  };
}
