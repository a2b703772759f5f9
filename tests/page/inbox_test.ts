/** What the list behind the bell shows of a notification, and what can be done with it there. */
import assert from "node:assert/strict";
import { OPTIONS } from "../support/browser.ts";
import { bell, item, notifications } from "../support/page.ts";
import { People } from "../support/people.ts";
import { sharedProgram } from "../support/shared_program.ts";

const program = sharedProgram({});

Deno.test("page: a notification shows all that its sender said of it", OPTIONS, async () => {
  await using people = new People(program().url);
  const page = await people.open({ user: "1", name: "Alice" });
  const disk = {
    title: "Disk 91 % full on db-2",
    message:
      "**Full** in *3 hours*:\n- `/var` [graph](https://a.example/g) [bad](javascript:alert(1))",
    markdown: true,
    from: "Monitor",
    kind: "alert.disk",
    priority: 5,
    url: "/favicon.svg?disk",
    icon: "/favicon.svg",
    tags: ["db", "<b>prod</b>"],
    progress: 91,
  };
  await notify("1", { message: "Hello <img src=x onerror=alert(1)>", from: "Shop" });
  await notify("1", disk);
  await bell(page, 2).click();
  const shown = item(page, disk.title);
  await shown.getByText("Monitor").waitFor();
  await shown.getByText("Alert disk", { exact: true }).waitFor();
  await shown.getByText("<b>prod</b>", { exact: true }).waitFor();
  await shown.getByText("Urgent:").waitFor({ state: "attached" });
  assert.equal(await shown.locator(".markdown > p strong").textContent(), "Full");
  assert.equal(await shown.locator(".markdown li code").textContent(), "/var");
  const links = await shown.locator(".markdown a").evaluateAll((found) =>
    found.map((each) => ["href", "target", "rel"].map((name) => each.getAttribute(name)))
  );
  assert.deepEqual(links, [["https://a.example/g", "_blank", "noopener noreferrer nofollow"]]);
  assert.equal(await shown.getByRole("progressbar", { name: "Progress" }).count(), 1);
  assert.equal(await shown.locator("progress").getAttribute("value"), "91");
  assert.equal(await shown.locator(".avatar img").getAttribute("src"), "/favicon.svg");
  await item(page, "Hello <img src=x onerror=alert(1)>").waitFor();
  assert.equal(await notifications(page).locator("img").count(), 1, "no text is HTML");

  const opened = page.waitForEvent("popup");
  await shown.getByRole("link", { name: disk.title }).click();
  const popup = await opened;
  assert.match(popup.url(), /\/favicon\.svg\?disk$/);
  assert.equal(await popup.evaluate("opener"), null);
  await popup.close();

  const { id } = await notify("1", { title: "Upload", message: "a.zip", progress: 10 });
  await item(page, "Upload").locator('progress[value="10"]').waitFor();
  await patch(id, { progress: 60 });
  await item(page, "Upload").locator('progress[value="60"]').waitFor();
  assert.equal(await item(page, "Upload").count(), 1);
  assert.deepEqual(people.errors, []);
});

async function notify(user: string, fields: object): Promise<{ id: string }> {
  return await call("POST", "api/notifications", {
    user_id: user,
    room: `/user/${user}`,
    ...fields,
  });
}

async function patch(id: string, fields: object): Promise<void> {
  await call("PATCH", `api/notifications/${id}`, fields);
}

async function call(method: string, path: string, body: object): Promise<{ id: string }> {
  const response = await fetch(`${program().url}/${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
  return await response.json();
}
