/**
 * Debian's Firefox, headless, by its own remote control (Marionette): it subscribes at a push service that a test runs, which no
 * Chromium does, and its notifications can be clicked as people click them.
 */
import { Folder } from "./folder.ts";
import { freePort } from "./free_port.ts";
import { waitFor } from "./wait.ts";

const PREFS = {
  "dom.push.testing.allowInsecureServerURL": true,
  "remote.prefs.recommended": false, // they close the connection to the push service
  "dom.push.retryBaseInterval": 100,
  "permissions.default.desktop-notification": 1,
  "alerts.useSystemBackend": false, // Firefox draws them itself
  "dom.disable_open_click_delay": 60_000,
  "dom.webnotifications.disable_open_click_delay": 60_000,
  "browser.aboutwelcome.enabled": false,
  "termsofuse.bypassNotification": true,
  "datareporting.policy.dataSubmissionEnabled": false,
  "app.update.disabledForTesting": true,
  "browser.startup.page": 0,
  "browser.shell.checkDefaultBrowser": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
} as const;

/** The key under which the remote control names an element. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** The same of the shadow of an element. */
const SHADOW = "shadow-6066-11e4-a52e-4f735466cecf";

interface Found {
  readonly value: Readonly<Record<string, string>>;
}

type Answer = (error: unknown, result: unknown) => void;

export class Firefox implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #profile: Folder;
  readonly #socket: Deno.TcpConn;
  readonly #waiting = new Map<number, Answer>();
  #last = 0;

  private constructor(child: Deno.ChildProcess, profile: Folder, socket: Deno.TcpConn) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
  }

  /** @param pushUrl the WebSocket of the push service */
  static async start(pushUrl: string): Promise<Firefox> {
    const port = freePort();
    const prefs = { ...PREFS, "marionette.port": port, "dom.push.serverURL": pushUrl };
    const profile = await Folder.of({
      "user.js": Object.entries(prefs)
        .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
        .join(""),
    });
    const child = new Deno.Command("firefox-esr", {
      args: [
        ...["--headless", "--marionette", "--remote-allow-system-access", "--no-remote"],
        ...["--profile", profile.path],
      ],
      env: { MOZ_CRASHREPORTER_DISABLE: "1", HOME: profile.path },
      stdout: "null",
      stderr: "null",
    }).spawn();
    const socket = await waitFor(
      "Firefox listens",
      () => Deno.connect({ hostname: "127.0.0.1", port }),
    );
    const firefox = new Firefox(child, profile, socket);
    void firefox.#read();
    await firefox.#ask("WebDriver:NewSession", { capabilities: { alwaysMatch: {} } });
    await firefox.#ask("WebDriver:SetTimeouts", { script: 60_000, implicit: 0, pageLoad: 60_000 });
    return firefox;
  }

  async go(url: string): Promise<void> {
    await this.#ask("WebDriver:Navigate", { url });
  }

  /** Runs the body of an async function in the page; `args` are its arguments. */
  async run<T>(body: string, ...args: unknown[]): Promise<T> {
    return await this.#run("content", body, args) as T;
  }

  /** Clicks what the page shows, once it shows it. @param selector of XPath */
  async click(selector: string): Promise<void> {
    const id = await this.#find(selector);
    await this.#ask("WebDriver:ElementClick", { id });
  }

  /** Resolves once the page shows it. @param selector of XPath */
  async there(selector: string): Promise<void> {
    await this.#find(selector);
  }

  /** Clicks what an element of the page shows in its shadow. @param selectors of CSS: of the element, and within it */
  async clickIn(...selectors: readonly [host: string, within: string]): Promise<void> {
    const id = await this.#findIn(...selectors);
    await this.#ask("WebDriver:ElementClick", { id });
  }

  /** Resolves once an element of the page shows it in its shadow. @param selectors of CSS: of the element, and within it */
  async thereIn(...selectors: readonly [host: string, within: string]): Promise<void> {
    await this.#findIn(...selectors);
  }

  /** Resolves once the page does not show it. @param selector of XPath */
  async gone(selector: string): Promise<void> {
    await waitFor(`no ${selector}`, () =>
      this.run<boolean>(
        `return document.evaluate(
      args[0], document, null, XPathResult.BOOLEAN_TYPE).booleanValue === false`,
        selector,
      ));
  }

  async fill(selector: string, text: string): Promise<void> {
    const id = await this.#find(selector);
    await this.#ask("WebDriver:ElementClear", { id });
    await this.#ask("WebDriver:ElementSendKeys", { id, text });
  }

  async screenshot(path: string): Promise<void> {
    const { value } = await this.#ask("WebDriver:TakeScreenshot", { full: false }) as {
      value: string;
    };
    await Deno.writeFile(path, Uint8Array.fromBase64(value));
  }

  /** What the notifications say that are on the screen: their titles and texts. */
  async alerts(): Promise<string[]> {
    return await this.#run(
      "chrome",
      `return ${ALERTS}.map(({ document }) => ["alertTitleLabel", "alertTextLabel"]
         .map((id) => document.getElementById(id))
         .map((label) => label.getAttribute("value") || label.textContent).join(": "))`,
      [],
    ) as string[];
  }

  /** Clicks the notification on the screen that has this text. */
  async clickAlert(text: string): Promise<void> {
    await this.#run(
      "chrome",
      `const alert = ${ALERTS}.find(({ document }) => document.documentElement.outerHTML.includes(args[0]));
       alert.document.getElementById("alertBox").click();`,
      [text],
    );
  }

  /** Has Firefox leave its push service, and connect anew. */
  async reconnectPush(): Promise<void> {
    const name = "dom.push.connection.enabled";
    await this.#run(
      "chrome",
      `for (const is of [false, true]) Services.prefs.setBoolPref(args[0], is)`,
      [name],
    );
  }

  /** The addresses of all tabs. */
  async tabs(): Promise<string[]> {
    return await this.#run(
      "chrome",
      `return [...Services.wm.getEnumerator("navigator:browser")].flatMap((each) =>
         [...each.gBrowser.browsers].map(({ currentURI }) => currentURI.spec))`,
      [],
    ) as string[];
  }

  /** Goes on in the tab that was opened last, or in the first one. */
  async useTab(which: "first" | "last"): Promise<void> {
    const handles = await this.#ask("WebDriver:GetWindowHandles", {}) as string[];
    const handle = handles.at(which === "first" ? 0 : -1);
    await this.#ask("WebDriver:SwitchToWindow", { handle });
  }

  async newTab(): Promise<void> {
    const { handle } = await this.#ask("WebDriver:NewWindow", { type: "tab" }) as {
      handle: string;
    };
    await this.#ask("WebDriver:SwitchToWindow", { handle });
  }

  async closeTab(): Promise<void> {
    await this.#ask("WebDriver:CloseWindow", {});
    await this.useTab("first");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#profile[Symbol.asyncDispose]();
  }

  async #find(selector: string): Promise<string> {
    const found = await waitFor(
      selector,
      () => this.#ask("WebDriver:FindElement", { using: "xpath", value: selector }),
    ) as Found;
    return found.value[ELEMENT] ?? "";
  }

  async #findIn(host: string, within: string): Promise<string> {
    const using = "css selector";
    const found = await waitFor(`${within} in ${host}`, async () => {
      const element = await this.#ask("WebDriver:FindElement", { using, value: host }) as Found;
      const id = element.value[ELEMENT];
      const root = await this.#ask("WebDriver:GetShadowRoot", { id }) as Found;
      const shadowRoot = root.value[SHADOW];
      return await this.#ask("WebDriver:FindElementFromShadowRoot", {
        ...{ shadowRoot, using, value: within },
      });
    }) as Found;
    return found.value[ELEMENT] ?? "";
  }

  async #run(context: "content" | "chrome", body: string, args: unknown[]): Promise<unknown> {
    await this.#ask("Marionette:SetContext", { value: context });
    try {
      const script = `const [args, done] = arguments;
        (async () => { ${body} })().then(
          (value) => done({ value }), (error) => done({ error: String(error) }));`;
      const { value } = await this.#ask("WebDriver:ExecuteAsyncScript", {
        script,
        args: [args],
      }) as {
        value: { value?: unknown; error?: string };
      };
      if (value.error !== undefined) throw new Error(value.error);
      return value.value;
    } finally {
      if (context === "chrome") await this.#ask("Marionette:SetContext", { value: "content" });
    }
  }

  #ask(name: string, params: object): Promise<unknown> {
    const id = ++this.#last;
    const bytes = new TextEncoder().encode(JSON.stringify([0, id, name, params]));
    const head = new TextEncoder().encode(`${bytes.length}:`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (error, result) => {
        if (error === null) return resolve(result);
        const { message } = error as { message: string };
        reject(new Error(`${name}: ${message}`));
      });
      this.#write(new Uint8Array([...head, ...bytes])).catch(reject);
    });
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#socket.write(bytes.subarray(at));
  }

  /** Each answer stands behind its length: `42:[1,7,null,{}]`. */
  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let left = new Uint8Array();
    try {
      for await (const piece of this.#socket.readable) {
        left = new Uint8Array([...left, ...piece]);
        for (;;) {
          const colon = left.indexOf(58);
          const length = Number(decoder.decode(left.subarray(0, Math.max(0, colon))));
          if (colon < 0 || left.length < colon + 1 + length) break;
          const text = decoder.decode(left.subarray(colon + 1, colon + 1 + length));
          left = left.slice(colon + 1 + length);
          const said = JSON.parse(text);
          if (!Array.isArray(said)) continue; // its greeting
          const [, id, error, result] = said;
          this.#waiting.get(id)?.(error, result);
          this.#waiting.delete(id);
        }
      }
    } catch {
      // The test has ended.
    }
  }
}

/** In Firefox's own scope: the windows of notifications. */
const ALERTS = `[...Services.wm.getEnumerator("alert:alert")]`;
