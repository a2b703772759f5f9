/** The open rooms as tabs. Arrow keys, Home and End move between them; Delete closes one. */
import { useEffect, useRef } from "preact/hooks";
import { usePage } from "../../context.ts";
import { neighbourOf, type Rooms, type RoomState } from "../../state/rooms.ts";
import { Icon } from "../kit/Icon.tsx";

export const tabId = (index: number) => `tab-${index}`;
export const panelId = (index: number) => `panel-${index}`;

/** A larger number would not fit the tab. */
const LARGEST_COUNT = 99;

export function RoomTabs({ rooms, activeRoom }: { rooms: Rooms; activeRoom: string }) {
  const { session } = usePage();
  const list = useRef<HTMLDivElement>(null);
  const isFocusWanted = useRef(false);

  useEffect(() => {
    const tab = list.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    tab?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (isFocusWanted.current) tab?.focus();
    isFocusWanted.current = false;
  }, [activeRoom, rooms.length]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Delete") {
      isFocusWanted.current = neighbourOf(rooms, activeRoom) !== "";
      session.closeRoom(activeRoom);
      return;
    }
    const target = targetOf(event.key, rooms, activeRoom);
    if (target === undefined) return;
    event.preventDefault();
    isFocusWanted.current = target.room !== activeRoom;
    session.activateRoom(target.room);
  };

  return (
    <div ref={list} class="tabs" role="tablist" aria-label="Rooms" onKeyDown={onKeyDown}>
      {rooms.map((room, index) => (
        <Tab key={room.room} room={room} index={index} isActive={room.room === activeRoom} />
      ))}
    </div>
  );
}

interface TabProps {
  room: RoomState;
  index: number;
  isActive: boolean;
}

function Tab({ room: { room, unread }, index, isActive }: TabProps) {
  const { session } = usePage();
  return (
    <div
      id={tabId(index)}
      class="tab"
      role="tab"
      tabIndex={isActive ? 0 : -1}
      aria-selected={isActive}
      aria-controls={isActive ? panelId(index) : undefined}
      aria-keyshortcuts="Delete"
      aria-label={unread === 0 ? room : `${room}, ${unread} unread`}
      title={room}
      onClick={() => session.activateRoom(room)}
    >
      <span class="tab-name">
        <bdi>{room}</bdi>
      </span>
      {unread > 0 && (
        <span class="tab-count" data-testid="tab-unread">
          {unread > LARGEST_COUNT ? `${LARGEST_COUNT}+` : unread}
        </span>
      )}
      {/* This is for the mouse alone: the keyboard has Delete, and everyone has the button in the room's head. */}
      <span
        class="tab-close"
        aria-hidden="true"
        onClick={(event) => {
          event.stopPropagation();
          session.closeRoom(room);
        }}
      >
        <Icon name="close" />
      </span>
    </div>
  );
}

function targetOf(key: string, rooms: Rooms, activeRoom: string): RoomState | undefined {
  const index = rooms.findIndex(({ room }) => room === activeRoom);
  switch (key) {
    case "ArrowRight":
      return rooms[(index + 1) % rooms.length];
    case "ArrowLeft":
      return rooms[(index - 1 + rooms.length) % rooms.length];
    case "Home":
      return rooms[0];
    case "End":
      return rooms.at(-1);
    default:
      return undefined;
  }
}
