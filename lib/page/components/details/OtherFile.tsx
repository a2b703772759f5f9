/** A file of the conversation that is no picture, or whose picture is elsewhere: by whom it is, and when it was sent. */
import type { Identity } from "../../session/identity.ts";
import type { ShownMessage } from "../../state/thread.ts";
import { listTime } from "../../../sdk/view/times.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { FileRow } from "../files/FileRow.tsx";

interface OtherFileProps {
  message: ShownMessage;
  me: Identity;
  isStop: boolean;
}

export function OtherFile({ message, me, isStop }: OtherFileProps) {
  const { file = { id: "" }, userId, name, timestamp } = message;
  const by = `${userId === me.user_id ? "You" : shownName(name)} · ${listTime(timestamp)}`;
  return <FileRow file={file} isStop={isStop} by={by} />;
}
