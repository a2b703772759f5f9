/** The page brings a large file to the bucket itself, which lets it in by the rule of `docs/files.md`; and does without it. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { AwsClient } from "aws4fetch";
import type { Page } from "playwright-core";
import { OPTIONS } from "../support/browser.ts";
import { sha256, someBytes } from "../support/fake_files.ts";
import { freePort } from "../support/free_port.ts";
import { ROOT } from "../support/paths.ts";
import { clientOf, groupOf, People, row, write } from "../support/people.ts";
import { Program } from "../support/program.ts";
import { BUCKET, S3_KEY, S3Server } from "../support/s3.ts";

const WHOLE = someBytes((9 << 20) + 5);
const ME = { user: "1", name: "Alice" };

for (const isLetIn of [true, false]) {
  const how = isLetIn
    ? "goes to the bucket"
    : "goes through the server where the bucket lets no page in";
  Deno.test(`page: a large file ${how}`, OPTIONS, async () => {
    await using bucket = await S3Server.start();
    const { endpoint } = bucket.config();
    const APP_PORT = String(freePort());
    await using program = await Program.start({
      env: {
        ...{ APP_PORT, FILES_S3_ENDPOINT: endpoint, FILES_S3_BUCKET: BUCKET },
        ...{ FILES_S3_KEY: S3_KEY, FILES_S3_SECRET: S3_KEY, FILES_S3_DIRECT: "true" },
      },
    });
    if (isLetIn) await letIn(endpoint, program.url);
    await using people = new People(program.url);
    await using client = await clientOf(program.webSocketUrl, ME);
    await groupOf(client, "Team", { members: ["2"] });
    const page = await people.open(ME);
    const asked: string[] = [];
    page.on("response", (response) => {
      const method = response.request().method();
      if (method === "PUT" || method === "PATCH") asked.push(`${method} ${response.status()}`);
    });
    await row(page, "Team").click();
    for (const name of ["film.bin", "other.bin"]) {
      asked.length = 0;
      await choose(page, name);
      await write(page, `Here is ${name}`);
      await page.locator("[data-delivery=sent]").filter({ hasText: name }).waitFor();
      const puts = asked.filter((each) => each === "PUT 200").length;
      const patches = asked.filter((each) => each === "PATCH 204").length;
      assert.deepEqual([puts, patches > 0], isLetIn ? [2, false] : [0, true], `${asked}`);
    }
    const { files } = await (await fetch(`${program.url}/api/files?user_id=1`)).json();
    for (const file of files) assert.equal(file.sha256, sha256(WHOLE));
    assert.equal(files.length, 2);
    // A browser says on its own that the bucket keeps it out: once, since it is not tried again.
    assert.equal(people.errors.length, isLetIn ? 0 : 2, `${people.errors}`);
  });
}

/** Gives the bucket the rule that is documented, for pages of an origin. */
async function letIn(endpoint: string, origin: string): Promise<void> {
  const page = await Deno.readTextFile(`${ROOT}docs/files.md`);
  const [, json = ""] = /<!-- example: cors -->\s+```json\n(.*?)```/s.exec(page) ?? [];
  const [rule] = JSON.parse(json.replace("https://your-domain.com", origin));
  const all = (values: string[], name: string) =>
    values.map((value) => `<${name}>${value}</${name}>`).join("");
  const body = `<CORSConfiguration><CORSRule>${all(rule.AllowedOrigins, "AllowedOrigin")}${
    all(rule.AllowedMethods, "AllowedMethod")
  }${all(rule.AllowedHeaders, "AllowedHeader")}<MaxAgeSeconds>${rule.MaxAgeSeconds}</MaxAgeSeconds>
    </CORSRule></CORSConfiguration>`;
  const aws = new AwsClient({ accessKeyId: S3_KEY, secretAccessKey: S3_KEY, service: "s3" });
  const headers = { "content-type": "application/xml" };
  const answer = await aws.fetch(`${endpoint}/${BUCKET}?cors`, { method: "PUT", headers, body });
  assert.equal(answer.status, 200, await answer.text());
}

async function choose(page: Page, name: string): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: "Attach files" }).click(),
  ]);
  const mimeType = "application/octet-stream";
  await chooser.setFiles([{ name, mimeType, buffer: Buffer.from(WHOLE) }]);
}
