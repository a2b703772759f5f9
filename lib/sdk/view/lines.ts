/** A notification in one line, and what its words add to its files. */
import type { DigestItem, Notification } from "../core/types.ts";
import { wordsOf } from "./markdown.ts";
import { shownText } from "./text.ts";

/** A notification as a line of the group that it is of, as a digest has its own. */
export function lineOf(notification: Notification): DigestItem {
  const { id, timestamp, details: { title, url, markdown } = {} } = notification;
  const text = shownText(notification);
  return {
    ...{ id, timestamp, message: markdown === true ? wordsOf(text) : text },
    ...(title === undefined ? {} : { title }),
    ...(url === undefined ? {} : { url }),
  };
}

/** Whether all that is said is what the files are called, which they say themselves. The server says so of files alone. */
export function isNamesAlone({ message, image, attachments = [] }: Notification): boolean {
  const files = [...image === undefined ? [] : [image], ...attachments];
  const [first, ...others] = new Set(files.map(({ name = "" }) => name));
  return message === (others.length === 0 ? first : `${first} +${others.length}`);
}
