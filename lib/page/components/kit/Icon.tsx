/** The page's icons: strokes on a 24 by 24 grid, in the colour of the text, unseen by screen readers. */

const PATHS = {
  alert: "M12 8v5M12 16.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  archive: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  arrowDown: "M12 5v14M6 13l6 6 6-6",
  back: "M19 12H5M11 6l-6 6 6 6",
  bell: "M6 10a6 6 0 1 1 12 0c0 5 2 6.5 2 6.5H4S6 15 6 10ZM10 20a2.2 2.2 0 0 0 4 0",
  block: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM6 6l12 12",
  camera: "M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 10a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4Z",
  chart: "M4 4v16h16M8 15l3.5-4 3 2.5L20 7",
  chat: "M20 11.5a7.5 7.5 0 0 1-11 6.6L4 19.5l1.4-4.6A7.5 7.5 0 1 1 20 11.5z",
  check: "m5 12.5 4.5 4.5L19 7.5",
  checks: "m2 12.5 4.2 4.5 8.8-9.5M11.5 16.5l.7.6L21.5 7.5",
  clip:
    "m19.5 11.5-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5l7.9-7.9a3 3 0 0 1 4.3 4.3l-7.7 7.7a1.5 1.5 0 0 1-2.2-2.2l7-7",
  clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  crown: "M4 17.5h16M4.5 14 3.5 7l5 3.5L12 5l3.5 5.5 5-3.5-1 7z",
  desk: "M4 5h16v11H4zM9 20h6M12 16v4",
  down: "m6 9 6 6 6-6",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  edit: "M4.5 19.5 5.5 15 16 4.5l3.5 3.5L9 18.5zM14 6.5 17.5 10",
  file: "M7 3h7l5 5v11a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM14 3v5h5",
  gear:
    "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM12 3v2.5M12 18.5V21M3 12h2.5M18.5 12H21M5.6 5.6l1.8 1.8M16.6 16.6l1.8 1.8M5.6 18.4l1.8-1.8M16.6 7.4l1.8-1.8",
  hook:
    "M9 8.5a3.5 3.5 0 1 1 5.5 2.8L17 16M12.5 9 9.2 15.5M17 15.5a2.8 2.8 0 1 1-2 4.8M9.2 15.5a3 3 0 1 1-3-2.3M9 17.5h6.5",
  hash: "M5 9h14M5 15h14M10 4 8 20M16 4l-2 16",
  image: "M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 17M15.5 9.5v.01",
  info: "M12 11v5M12 8v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  key: "M8 11a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM11.3 12.3 19.5 4M16 7.5l3 3",
  keys:
    "M3 7h18v10H3zM7 10.5v.01M10.5 10.5v.01M14 10.5v.01M17.5 10.5v.01M7 14v.01M17.5 14v.01M10 14h4",
  list: "M8 6.5h12M8 12h12M8 17.5h12M4 6.5h.1M4 12h.1M4 17.5h.1",
  link: "M14 4.5h5.5V10M19 5l-8.5 8.5M17.5 14v5.5h-13v-13H10",
  menu: "M4 7h16M4 12h16M4 17h16",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  mute:
    "M6 10a6 6 0 0 1 9.5-4.8M18 10c0 5 2 6 2 6H8M4 16s2-1 2-6M10 19.5a2.2 2.2 0 0 0 4 0M4 4l16 16",
  nodes: "M4 4h16v6.5H4zM4 13.5h16V20H4zM7 7.2h.1M7 16.7h.1M11 7.2h6M11 16.7h6",
  pause: "M9 6v12M15 6v12",
  panel:
    "M6 4.5h12a2.5 2.5 0 0 1 2.5 2.5v10a2.5 2.5 0 0 1-2.5 2.5H6a2.5 2.5 0 0 1-2.5-2.5V7A2.5 2.5 0 0 1 6 4.5ZM14.5 4.5v15",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.2M18.5 14.5a6.5 6.5 0 0 1 3 5.5",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20a7.5 7.5 0 0 1 15 0",
  personAdd: "M10 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM2.5 20a7.5 7.5 0 0 1 15 0M19 8v6M16 11h6",
  phone:
    "M9.5 3h5A2.5 2.5 0 0 1 17 5.5v13a2.5 2.5 0 0 1-2.5 2.5h-5A2.5 2.5 0 0 1 7 18.5v-13A2.5 2.5 0 0 1 9.5 3ZM11 18h2",
  pin: "M9 4h6l-.7 6 3.2 3.5H6.5L9.7 10 9 4zM12 13.5V20",
  play: "M8 5.5v13l10.5-6.5z",
  plus: "M12 5v14M5 12h14",
  reply: "M9 6 4 11l5 5M4 11h9a7 7 0 0 1 7 7v1",
  retry: "M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5",
  right: "m9 6 6 6-6 6",
  search: "M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM20 20l-4.3-4.3",
  send: "M4.5 12 4 5l16.5 7L4 19l.5-7zm0 0H12",
  shield: "M12 3.5 5 6v5.5c0 4.5 3 7.5 7 9 4-1.5 7-4.5 7-9V6z",
  signOut: "M10 4H5v16h5M15 8l4 4-4 4M19 12H10",
  smile: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM8.5 14a4 4 0 0 0 7 0M9 9.5v.2M15 9.5v.2",
  sun:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  trash: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10.5 11v5M13.5 11v5",
  unlock: "M6 11h12v9H6zM9 11V7.5a3 3 0 0 1 5.8-1",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  warn: "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.1",
  wifiOff:
    "M3 3l18 18M5 12.5a10 10 0 0 1 4-2.4M8.5 16a5 5 0 0 1 6 -.6M12 19.5v.01M13 9.6a10 10 0 0 1 6 2.9",
} as const;

export type IconName = keyof typeof PATHS;

/** Icons that point along the text: where it runs from right to left, they turn. */
const TURNING: ReadonlySet<IconName> = new Set(["back", "panel", "reply", "right", "send"]);

export function Icon({ name, small = false }: { name: IconName; small?: boolean }) {
  const turning = TURNING.has(name) ? " icon-turning" : name === "more" ? " icon-more" : "";
  return (
    <svg
      class={`icon${small ? " icon-small" : ""}${turning}`}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
