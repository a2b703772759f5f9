/** A headless Chromium of the test's own. */
import { type Browser, chromium } from "playwright-core";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Debian's Chromium; `CHROMIUM` names another. */
export async function openBrowser(): Promise<Browser & AsyncDisposable> {
  const executablePath = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";
  return await chromium.launch({ executablePath, args: ARGS, headless: true });
}
