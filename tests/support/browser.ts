/** A headless Chromium for all tests of a file. Each test has contexts of its own, which share nothing. */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
} from "playwright-core";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long a page may take to show what a test waits for: only what is broken takes so long. */
const PATIENCE_MS = 60_000;

/** Options for `Deno.test`, since Playwright keeps a socket and timers of its own until the browser is closed. */
export const OPTIONS = { sanitizeOps: false, sanitizeResources: false };

/** Debian's Chromium, as people have it. */
const WHOLE = "/usr/bin/chromium";
/** All of Chromium that makes pages, and nothing else: what a test does there costs a third of the CPU. */
const SHELL = "/usr/bin/chromium-headless-shell";

let launched: Promise<Browser> | undefined;
let isWhole = !isThere(SHELL);

Deno.test.afterAll(closeBrowser);

/** A browser as a user has it who has just installed it. */
export async function openContext(
  options: BrowserContextOptions = {},
): Promise<BrowserContext & AsyncDisposable> {
  launched ??= launch();
  const context = await (await launched).newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const close = context.close.bind(context);
  let closing: Promise<void> | undefined;
  // A test may close one that is closed once more when the test ends.
  context.close = (options) => closing ??= endRoutes(context).then(() => close(options));
  return context;
}

/** A request that a test's route still works on would fail in nobody's hands, which ends the whole file. */
async function endRoutes(context: BrowserContext): Promise<void> {
  for (const routed of [...context.pages(), context]) {
    await routed.unrouteAll({ behavior: "ignoreErrors" }).catch(() => {}); // a page may be closed by now
  }
}

/** To be called at the top of a test file that is to see the browser as people have it, where both are installed. */
export function useWholeBrowser(): void {
  isWhole = true;
}

/** Starts Debian's Chromium; `CHROMIUM` names another. */
async function launch(): Promise<Browser> {
  const executablePath = Deno.env.get("CHROMIUM") ?? (isWhole ? WHOLE : SHELL);
  return await chromium.launch({
    executablePath,
    args: ARGS,
    headless: true,
    timeout: PATIENCE_MS,
  });
}

/** Ends the browser, if one was started. Tests need not: it ends after the last of a file. */
export async function closeBrowser(): Promise<void> {
  await (await launched)?.close();
  launched = undefined;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
