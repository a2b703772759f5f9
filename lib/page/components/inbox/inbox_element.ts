/** `<notifyli-inbox>` as a component. */
import { type ComponentChildren, createElement, type VNode } from "preact";
import type { InboxSource, OpenDetail, Router } from "../../../sdk/element/notifyli_inbox.ts";
import "../../../sdk/element/notifyli_inbox.ts";

interface InboxElementProps {
  readonly client: InboxSource | undefined;
  readonly router: Router;
  readonly toasts: boolean;
  readonly "read-shown": boolean;
  readonly keys: "on" | "off";
  readonly "onnotifyli-open": (event: CustomEvent<OpenDetail>) => void;
  readonly children: ComponentChildren;
}

export function InboxElement(props: InboxElementProps): VNode {
  return createElement("notifyli-inbox", props as object);
}
