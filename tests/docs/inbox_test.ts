/**
 * Executes the examples of `docs/inbox.md`: the plain page, and the applications, which Vite builds with the newest of their
 * frameworks; each is clicked through in Chromium, on a site of another origin than the server's.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { MORE_ENGLISH } from "../../lib/sdk/element/more_strings.ts";
import { ENGLISH as FIRST_ENGLISH } from "../../lib/sdk/element/strings.ts";
import { snoozeChoices } from "../../lib/sdk/view/snooze_times.ts";
import { openContext, OPTIONS } from "../support/browser.ts";
import { run } from "../support/command.ts";
import { bellOf, itemOf, panelOf } from "../support/element_site.ts";
import { freePort } from "../support/free_port.ts";
import { Manager } from "../support/manager.ts";
import { wayToRegistry } from "../support/new_user.ts";
import { ROOT } from "../support/paths.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { zippedLength } from "../support/zipped.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/inbox.md`);

const BLOCKS = new Map(
  [...PAGE.matchAll(/<!-- example: ([^\n]+) -->\s+```\w+\n(.*?)```/gs)]
    .map(([, name = "", text = ""]) => [name, text]),
);

function block(name: string): string {
  return BLOCKS.get(name) ?? assert.fail(`there is no example ${name}`);
}

const PORT = freePort();

const program = sharedProgram({ APP_KEY, APP_ALLOWED_ORIGINS: `http://127.0.0.1:${PORT}` });

const ENGLISH: Readonly<Record<string, string>> = { ...FIRST_ENGLISH, ...MORE_ENGLISH };

interface Application {
  /** By their names. */
  readonly files: Readonly<Record<string, string>>;
  /** What Vite has to be told. */
  readonly config: string;
  /** What it says in the console when a notification is answered, and opened. @default that it was answered */
  readonly lines?: readonly string[];
}

/** What each application is made of, besides the page. */
const APPLICATIONS: Readonly<Record<string, Application>> = {
  react: {
    files: { "src/main.jsx": block("react") },
    config: `import react from "@vitejs/plugin-react"; export default { plugins: [react()] };`,
  },
  vue: {
    files: {
      "src/App.vue": block("vue"),
      "src/main.js":
        `import { createApp } from "vue"; import App from "./App.vue"; createApp(App).mount("#app");`,
    },
    config: `import vue from "@vitejs/plugin-vue";
      export default { plugins: [vue({ template: { compilerOptions: {
        isCustomElement: (tag) => tag === "notifyli-inbox" } } })] };`,
  },
  svelte: {
    files: {
      "src/App.svelte": block("svelte"),
      "src/main.js": `import { mount } from "svelte"; import App from "./App.svelte";
        mount(App, { target: document.getElementById("app") });`,
    },
    config:
      `import { svelte } from "@sveltejs/vite-plugin-svelte"; export default { plugins: [svelte()] };`,
  },
  angular: {
    files: {
      "src/bell.ts": block("angular"),
      // Angular's own build does at once what its compiler does here in the browser.
      "src/main.ts": `import "@angular/compiler";
        import { Component, enableProdMode, inject, provideZonelessChangeDetection, signal } from "@angular/core";
        import { bootstrapApplication } from "@angular/platform-browser";
        import { provideRouter, Router } from "@angular/router";
        import { Bell } from "./bell";
        @Component({ selector: "#app", imports: [Bell],
          template: "<app-bell /><p>You are at {{ page() }}</p>" })
        class App {
          readonly page = signal("/");
          constructor() {
            const router = inject(Router);
            router.events.subscribe(() => this.page.set(router.url));
          }
        }
        enableProdMode(); // as its own build is
        bootstrapApplication(App, { providers: [
          provideZonelessChangeDetection(), provideRouter([{ path: "**", children: [] }]),
        ] });`,
      "tsconfig.json": `{"compilerOptions":{"experimentalDecorators":true}}`,
    },
    config: "export default {};",
    lines: ["x"],
  },
};

const PACKAGES = [
  ...["vite@8", "react@19", "react-dom@19", "vue@3", "svelte@5"],
  ...["@vitejs/plugin-react@6", "@vitejs/plugin-vue@6", "@sveltejs/vite-plugin-svelte@7"],
  ...["core", "common", "compiler", "platform-browser", "router"].map((name) =>
    `@angular/${name}@21`
  ),
  "rxjs@7",
];

/** A folder with the packages, in which the applications are built. */
let folder = "";

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/package.json`, `{"private":true,"type":"module"}`);
  // npm takes five times as long for it.
  await inFolder(Deno.execPath(), "add", "--quiet", ...PACKAGES.map((name) => `npm:${name}`));
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

async function inFolder(...command: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(command, { cwd: folder, env: wayToRegistry() });
  assert.equal(code, 0, stdout + stderr);
}

/** Builds an application. Resolves with the folder of its files. */
async function built(name: string): Promise<string> {
  const { files, config } = APPLICATIONS[name] ?? assert.fail();
  const main = Object.keys(files).find((file) => file.startsWith("src/main.")) ?? assert.fail();
  const html = block("index.html").replace("src/main.js", main)
    .replace("https://notifyli.example.org", program().url);
  await Deno.mkdir(`${folder}/${name}/src`, { recursive: true });
  for (const [file, text] of Object.entries({ ...files, "index.html": html })) {
    await Deno.writeTextFile(`${folder}/${name}/${file}`, text);
  }
  await Deno.writeTextFile(`${folder}/${name}/vite.config.js`, config);
  const vite = ["node", "node_modules/vite/bin/vite.js", "build", "--logLevel", "error"];
  await inFolder(...vite, name, "--config", `${name}/vite.config.js`);
  return `${folder}/${name}/dist`;
}

/** The application's server: its files, and a token for whoever is signed in. */
function serve(user: string, files: (path: string) => Promise<string>) {
  return Deno.serve({ hostname: "127.0.0.1", port: PORT, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/notifyli-token") return new Response(await connectionToken({ sub: user }));
    const type = pathname.endsWith(".js") ? "text/javascript" : "text/html";
    return new Response(await files(pathname), { headers: { "content-type": type } });
  });
}

async function notify(user: string, title: string): Promise<void> {
  const manager = await Manager.of(program());
  const actions = [{ id: "later", type: "reply", label: "Answer" }];
  const notification = {
    user_id: user,
    title,
    message: "x",
    from: "Shop",
    url: "/orders/5",
    actions,
  };
  await manager.done(program(), "/notifications", notification);
}

/** Opens the site, notes its console, and resolves when the element has counted. */
async function open(page: Page): Promise<string[]> {
  const lines: string[] = [];
  page.on("console", (line) => lines.push(line.text()));
  page.on("pageerror", (error) => lines.push(String(error)));
  await page.goto(`http://127.0.0.1:${PORT}/`);
  await bellOf(page, 1).waitFor();
  return lines;
}

Deno.test("docs/inbox.md: every block that is an example is executed", () => {
  const names = ["html", "strings", "index.html", "react", "vue", "svelte", "angular", "blade"];
  assert.deepEqual([...BLOCKS.keys()], names);
});

Deno.test("docs/inbox.md: html, and other words", OPTIONS, async () => {
  const html = `<!DOCTYPE html><html lang="de"><title>Shop</title><body>${
    block("html")
  }</body></html>`
    .replace("https://notifyli.example.org", program().url);
  await using _ = serve("html", (path) => Promise.resolve(path === "/" ? html : ""));
  await using context = await openContext();
  await notify("html", "Shipped");
  const page = await context.newPage();
  const lines = await open(page);
  await notify("html", "Another");
  await page.getByRole("status", { name: "New notifications" }).getByText("Another").waitFor();
  await bellOf(page, 2).click();
  await itemOf(page, "Shipped").getByRole("link", { name: "Shipped" }).click();
  await page.waitForURL("**/orders/5");
  assert.deepEqual(lines, ["x"]);
  await page.goto(`http://127.0.0.1:${PORT}/`);
  await page.evaluate(block("strings"));
  await page.getByRole("button", { name: "Benachrichtigungen, 1 ungelesen" }).waitFor();
});

for (const name of Object.keys(APPLICATIONS)) {
  Deno.test(`docs/inbox.md: ${name}`, OPTIONS, async () => {
    const dist = await built(name);
    await using _ = serve(
      name,
      (path) => Deno.readTextFile(dist + (path === "/" ? "/index.html" : path)),
    );
    await using context = await openContext();
    await notify(name, "Shipped");
    const page = await context.newPage();
    const sockets: string[] = [];
    page.on("websocket", (socket) => sockets.push(socket.url()));
    const lines = await open(page);
    await bellOf(page, 1).click();
    await itemOf(page, "Shipped").getByRole("textbox", { name: "Answer" }).fill("Thanks");
    await page.keyboard.press("Enter");
    await itemOf(page, "Shipped").getByText("You answered: Thanks").waitFor();
    await itemOf(page, "Shipped").getByRole("link", { name: "Shipped" }).click();
    await page.getByText("You are at /orders/5").waitFor();
    await panelOf(page).waitFor({ state: "detached" });
    await bellOf(page, 0).waitFor();
    assert.deepEqual(lines, APPLICATIONS[name]?.lines ?? ["action later"]);
    assert.equal(sockets.length, 1, "what was rendered anew has the connection of before");
  });
}

Deno.test(
  "docs/inbox.md: blade, as Laravel renders it for who is signed in, and for nobody",
  OPTIONS,
  async () => {
    const publishing = await Deno.readTextFile(`${ROOT}docs/publishing.md`);
    const [, library = ""] =
      /<!-- example: php notifyli.php -->\s+```php\n(.*?)```/s.exec(publishing) ??
        [];
    await Deno.writeTextFile(`${folder}/notifyli.php`, library);
    const layout = `<!DOCTYPE html><html lang="en"><title>Shop</title><body>${block("blade")}`;
    await Deno.writeTextFile(`${folder}/layout.blade.php`, layout);
    const rendered = async (user: string) => {
      const { code, stdout, stderr } = await run(
        ["php", `${ROOT}tests/fixtures/blade/render.php`, "layout.blade.php", "notifyli.php"],
        { cwd: folder, env: { NOTIFYLI_URL: program().url, APP_KEY, USER_ID: user } },
      );
      assert.equal(code, 0, stdout + stderr);
      return stdout;
    };
    assert.doesNotMatch(await rendered(""), /<notifyli-inbox|@/);
    await using _ = serve(
      "blade",
      (path) => path === "/" ? rendered("blade") : Promise.resolve(""),
    );
    await using context = await openContext();
    await notify("blade", "Shipped");
    const page = await context.newPage();
    assert.deepEqual(await open(page), []);
    assert.match(await page.title(), /\(1\) Shop/);
    await notify("blade", "Another");
    await page.getByRole("status", { name: "New notifications" }).getByText("Another").waitFor();
    await bellOf(page, 2).click();
    await itemOf(page, "Shipped").waitFor();
  },
);

Deno.test("docs/inbox.md says how large the modules are", async () => {
  const said = /\((\d+) kB over the wire, .*?-more\.js` \((\d+) kB\)/s.exec(PAGE) ?? [];
  for (const [index, name] of ["notifyli-inbox", "notifyli-inbox-more"].entries()) {
    const length = await zippedLength(`${name}.js`);
    assert.ok(Math.abs(length / 1000 - Number(said[index + 1])) <= 1, `${name}: ${length} bytes`);
  }
});

Deno.test("docs/inbox.md: all that the element says is in ENGLISH, with its plurals", () => {
  const keys = Object.keys(ENGLISH);
  assert.equal(new Set(keys).size, keys.length);
  for (const key of ["title", "remind_me", "quiet_hours", "more_other"]) {
    assert.ok(keys.includes(key));
  }
  for (const choice of snoozeChoices(new Date(2026, 0, 5, 8))) {
    assert.equal(ENGLISH[choice.label.toLowerCase().replaceAll(" ", "_")], choice.label);
  }
});
