/** The element's icons: strokes on a 24 by 24 grid, in the colour of the text, unseen by screen readers. */
import { type Described, h } from "./dom.ts";

const PATHS = {
  alert: "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.1",
  archive: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  back: "M19 12H5M11 6l-6 6 6 6",
  bell: "M6 10a6 6 0 0 1 12 0c0 5 2 6 2 6H4s2-1 2-6zM10 19.5a2.2 2.2 0 0 0 4 0",
  check: "m5 12.5 4.5 4.5L19 7.5",
  checks: "m2 12.5 4.2 4.5 8.8-9.5M11.5 16.5l.7.6L21.5 7.5",
  clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  close: "m6 6 12 12M18 6 6 18",
  down: "m6 9 6 6 6-6",
  file: "M7 3h7l5 5v11a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM14 3v5h5",
  gear:
    "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM12 3v2.5M12 18.5V21M3 12h2.5M18.5 12H21M5.6 5.6l1.8 1.8M16.6 16.6l1.8 1.8M5.6 18.4l1.8-1.8M16.6 7.4l1.8-1.8",
  trash: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10.5 11v5M13.5 11v5",
  offline:
    "M3 9.5a13 13 0 0 1 6-3.3M21 9.5a13 13 0 0 0-7.5-3.6M6.5 13.2a8 8 0 0 1 4-2.1M17.5 13.2l-1-.8M9.8 16.8a3.5 3.5 0 0 1 4.4 0M12 19.8v.1M4 3l16 18",
};

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): Described {
  return drawn(PATHS[name], name === "back" ? "i turning" : "i");
}

export function drawn(d: string, look = "i"): Described {
  return h("svg", { class: look, viewBox: "0 0 24 24", "aria-hidden": "true" }, h("path", { d }));
}
