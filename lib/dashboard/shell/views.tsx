/** All views with their places in the menu. */
import type { ComponentType } from "preact";
import type { IconName } from "../../page/components/kit/Icon.tsx";
import type { Route } from "../state/place.ts";
import { AuditView } from "../views/audit/AuditView.tsx";
import { BlocksView } from "../views/blocks/BlocksView.tsx";
import { ChannelsView } from "../views/channels/ChannelsView.tsx";
import { ConversationsView } from "../views/conversations/ConversationsView.tsx";
import { DeadLettersView } from "../views/dead_letters/DeadLettersView.tsx";
import { HooksView } from "../views/hooks/HooksView.tsx";
import { KeysView } from "../views/keys/KeysView.tsx";
import { KindsView } from "../views/kinds/KindsView.tsx";
import { LogView } from "../views/log/LogView.tsx";
import { NodesView } from "../views/nodes/NodesView.tsx";
import { NotificationsView } from "../views/notifications/NotificationsView.tsx";
import { OverviewView } from "../views/overview/OverviewView.tsx";
import { RoomsView } from "../views/rooms/RoomsView.tsx";
import { TopicsView } from "../views/rooms/TopicsView.tsx";
import { ScheduledView } from "../views/scheduled/ScheduledView.tsx";
import { SettingsView } from "../views/settings/SettingsView.tsx";
import { TraceView } from "../views/trace/TraceView.tsx";
import { UsersView } from "../views/users/UsersView.tsx";

export interface View {
  /** The first part of its address. */
  readonly path: string;
  readonly title: string;
  readonly icon: IconName;
  readonly View: ComponentType<{ route: Route }>;
}

interface Group {
  readonly name: string;
  readonly views: readonly View[];
}

const overview: View = { path: "", title: "Overview", icon: "chart", View: OverviewView };

export const GROUPS: readonly Group[] = [
  {
    name: "Now",
    views: [
      overview,
      { path: "nodes", title: "Nodes", icon: "nodes", View: NodesView },
      { path: "rooms", title: "Rooms", icon: "hash", View: RoomsView },
      { path: "topics", title: "Topics", icon: "list", View: TopicsView },
      { path: "users", title: "Users", icon: "people", View: UsersView },
      { path: "conversations", title: "Conversations", icon: "chat", View: ConversationsView },
    ],
  },
  {
    name: "Delivery",
    views: [
      { path: "notifications", title: "Notifications", icon: "bell", View: NotificationsView },
      { path: "scheduled", title: "Scheduled", icon: "clock", View: ScheduledView },
      { path: "hooks", title: "Webhooks", icon: "hook", View: HooksView },
      { path: "dead-letters", title: "Dead letters", icon: "warn", View: DeadLettersView },
    ],
  },
  {
    name: "Manage",
    views: [
      { path: "channels", title: "Channels", icon: "gear", View: ChannelsView },
      { path: "kinds", title: "Kinds", icon: "pin", View: KindsView },
      { path: "keys", title: "API keys", icon: "key", View: KeysView },
      { path: "blocks", title: "Blocks", icon: "block", View: BlocksView },
    ],
  },
  {
    name: "Server",
    views: [
      { path: "settings", title: "Settings", icon: "info", View: SettingsView },
      { path: "audit", title: "Audit log", icon: "shield", View: AuditView },
      { path: "log", title: "Log", icon: "file", View: LogView },
      { path: "trace", title: "Trace", icon: "search", View: TraceView },
    ],
  },
];

const VIEWS = GROUPS.flatMap(({ views }) => views);

/** The view of a place; an address that nothing is at shows the overview. */
export function viewOf({ path: [first = ""] }: Route): View {
  return VIEWS.find(({ path }) => path === first) ?? overview;
}
