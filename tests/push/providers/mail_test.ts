/** Mail by a server of its own: what is in it, by which way it goes, and what refusals mean. */
import assert from "node:assert/strict";
import { Mail, readMailCa } from "../../../lib/push/providers/mail.ts";
import { providers } from "../../../lib/push/providers/settings.ts";
import { readSlice } from "../../../lib/config/read.ts";
import type { DeviceMessage, PushResult } from "../../../lib/push/types.ts";
import { MailServer } from "../../support/push/mail_server.ts";
import { closing, deviceOf, shown } from "../../support/push/pushes.ts";
import { SilentServer } from "../../support/silent_server.ts";
import { waitFor } from "../../support/wait.ts";

const DEVICE = deviceOf("mail", "ada@shop.example");

/** Where a connection fails, the pool of `nodemailer` has a timer that ends a little later, and that nobody can end. */
const LOOSE = { sanitizeOps: false, sanitizeResources: false };

Deno.test("a mail has a text and HTML, and ends with one click", LOOSE, async () => {
  await using server = await MailServer.start();
  await using mail = opened(server);
  const unsubscribeUrl = "https://shop.example/unsubscribe?token=abc.def";
  const result = await send(
    mail,
    shown({
      unsubscribeUrl,
      answerUrl: "https://shop.example/push/t",
      url: "/orders/7?a=1&b=2",
      image: "/7.png",
      title: 'Größe <b>"7"</b>',
      text: "It was shipped\nto you & <script>alert(1)</script>",
      actions: [
        { type: "view", id: "open", label: "Track it", url: "https://track.example/7" },
        { type: "http", id: "pay", label: "Pay", url: "https://secret.example", method: "POST" },
      ],
    }),
  );
  const [{ headers, parts, from, to, isSecure, user } = assert.fail()] = await server.get(1);
  assert.deepEqual([from, to, isSecure, user], ["news@shop.example", [DEVICE.token], true, "shop"]);
  assert.equal(headers.get("from"), "Shop <news@shop.example>");
  assert.equal(headers.get("to"), DEVICE.token);
  assert.equal(headers.get("subject"), 'Größe <b>"7"</b>');
  assert.equal(headers.get("list-unsubscribe"), `<${unsubscribeUrl}>`);
  assert.equal(headers.get("list-unsubscribe-post"), "List-Unsubscribe=One-Click");
  assert.equal(headers.get("auto-submitted"), "auto-generated");
  assert.equal(headers.get("date"), "Mon, 21 Sep 2026 14:13:20 +0000");
  assert.match(headers.get("message-id") ?? "", /^<[0-9a-f]{32}@shop\.example>$/);
  assert.deepEqual(result, { result: "taken", ref: headers.get("message-id")?.slice(1, -1) });
  assert.equal(
    parts.get("text/plain")?.replaceAll("\r\n", "\n").trimEnd(),
    `Größe <b>"7"</b>

It was shipped
to you & <script>alert(1)</script>

https://shop.example/orders/7?a=1&b=2

Track it: https://track.example/7

-- 
Unsubscribe: ${unsubscribeUrl}`,
  );
  const html = parts.get("text/html") ?? "";
  assert.match(html, /<html lang="en" dir="ltr">/);
  assert.match(html, /name="color-scheme" content="light dark"/);
  assert.match(html, /<h1 dir="auto"[^>]*>Größe &lt;b&gt;&quot;7&quot;&lt;\/b&gt;<\/h1>/);
  assert.match(html, /href="https:\/\/shop\.example\/orders\/7\?a=1&amp;b=2"/);
  assert.match(html, /src="https:\/\/shop\.example\/7\.png"/);
  assert.match(html, /href="https:\/\/shop\.example\/unsubscribe\?token=abc\.def"/);
  assert.doesNotMatch(html, /<script|secret|color:/);
});

Deno.test("a mail has Markdown as what it means, and nothing of it as HTML", LOOSE, async () => {
  await using server = await MailServer.start();
  await using mail = opened(server);
  const markdown =
    "# Now\n**Big** *sale* <b>`x<y`</b>\n\n- [shop](https://shop.example/?a=1&b=2)\n" +
    "- [bad](javascript:alert(1))\n\n3. [path](/orders)\n\n```\n<i>\n```";
  const answerUrl = "https://shop.example/push/t";
  await send(mail, shown({ title: undefined, text: "Now", markdown, answerUrl }));
  const [{ headers, parts } = assert.fail()] = await server.get(1);
  assert.equal(headers.get("subject"), "Now");
  assert.ok(parts.get("text/plain")?.replaceAll("\r\n", "\n").startsWith(markdown));
  const html = parts.get("text/html") ?? "";
  const plain = html.slice(html.indexOf("<body")).replaceAll(/ (style|dir)="[^"]*"/g, "");
  assert.ok(plain.includes("<p><strong>Now</strong></p>"), plain);
  assert.ok(
    plain.includes(
      "<p><strong>Big</strong> <em>sale</em> &lt;b&gt;<code>x&lt;y</code>&lt;/b&gt;</p>",
    ),
    plain,
  );
  assert.ok(plain.includes('<ul><li><a href="https://shop.example/?a=1&amp;b=2">shop</a></li>'));
  assert.ok(
    plain.includes('<ol start="3"><li><a href="https://shop.example/orders">path</a></li>'),
  );
  assert.ok(plain.includes("<pre><code>&lt;i&gt;</code></pre>"), plain);
  assert.doesNotMatch(html, /href="javascript|<script/);
});

Deno.test(
  "a mail goes in the receiver's direction, and one without a text says little",
  LOOSE,
  async () => {
    await using server = await MailServer.start();
    await using mail = opened(server);
    for (const locale of ["ar-EG", "he", "de", "no such locale"]) {
      await send(mail, shown(), { locale });
    }
    await send(mail, shown({ title: undefined, text: undefined }));
    await send(mail, shown({ title: undefined, text: `${"long ".repeat(100)}\nmore` }));
    const mails = await server.get(6);
    const starts = mails.map(({ parts }) => /<html[^>]*>/.exec(parts.get("text/html") ?? "")?.[0]);
    assert.deepEqual(starts.slice(0, 4), [
      '<html lang="ar-EG" dir="rtl">',
      '<html lang="he" dir="rtl">',
      '<html lang="de" dir="ltr">',
      '<html lang="en" dir="ltr">',
    ]);
    const [empty, long] = mails.slice(4).map(({ headers }) => headers.get("subject") ?? "");
    assert.equal(empty, "New notification");
    assert.match(long ?? "", /^(long ){10,}lon?g?…$|^(long ){10,}long…$/);
    assert.ok((long ?? "").length <= 120);
  },
);

Deno.test(
  "the same notification has the same id each time, and a group is one thread",
  LOOSE,
  async () => {
    await using server = await MailServer.start();
    await using mail = opened(server);
    await send(mail, shown());
    await send(mail, shown());
    await send(mail, shown(), { id: "device-2" });
    await send(mail, shown({ id: "b", group: "orders" }));
    await send(mail, shown({ id: "c", group: "orders" }));
    const mails = await server.get(5);
    const ids = mails.map(({ headers }) => headers.get("message-id"));
    assert.deepEqual(ids.map((id) => ids.indexOf(id)), [0, 0, 2, 3, 4]);
    const threads = mails.map(({ headers }) => headers.get("references"));
    assert.deepEqual(threads.slice(0, 3), [undefined, undefined, undefined]);
    assert.match(threads[3] ?? "", /^<[0-9a-f]{32}@shop\.example>$/);
    assert.equal(threads[4], threads[3]);
    assert.equal(mails[4]?.headers.get("in-reply-to"), threads[3]);
  },
);

/** It is this server's sender or account that is refused. */
const DENIED = { result: "later", isDenied: true } as const;

/** Refused at which command, with what, and what it means. */
const REFUSALS: readonly [what: "MAIL" | "RCPT" | "DATA", refusal: string, result: PushResult][] = [
  ["RCPT", "550 5.1.1 <ada@shop.example>: no such user", { result: "gone", why: "550 5.1.1" }],
  ["RCPT", "550 5.1.10 Null MX", { result: "gone", why: "550 5.1.10" }],
  ["RCPT", "550 5.2.1 Mailbox disabled", { result: "gone", why: "550 5.2.1" }],
  ["RCPT", "550 No such user here", { result: "gone", why: "550" }],
  ["RCPT", "550 Relay not permitted", { result: "refused", why: "550" }],
  ["RCPT", "554 5.7.1 Relay access denied", { result: "refused", why: "554 5.7.1" }],
  ["RCPT", "552 5.2.2 Mailbox full", { result: "refused", why: "552 5.2.2" }],
  ["RCPT", "451 4.7.1 Greylisted", { result: "later", why: "451 4.7.1", isAlone: true }],
  ["RCPT", "450 4.2.2 Mailbox full", { result: "later", why: "450 4.2.2", isAlone: true }],
  ["RCPT", "421 4.3.2 Shutting down", { result: "later", why: "421 4.3.2" }],
  ["MAIL", "550 5.1.8 Sender unknown", { ...DENIED, why: "550 5.1.8" }],
  ["MAIL", "552 5.3.4 Too large", { result: "refused", why: "552 5.3.4" }],
  ["MAIL", "421 4.7.0 Too many", { result: "later", why: "421 4.7.0" }],
  ["DATA", "554 5.7.1 Spam", { result: "refused", why: "554 5.7.1" }],
  ["DATA", "452 4.3.1 No space", { result: "later", why: "452 4.3.1" }],
];
Deno.test(
  "a refusal says whether the receiver is gone, and is told without the address",
  LOOSE,
  async () => {
    await using server = await MailServer.start();
    await using mail = opened(server);
    for (const [at, refusal, result] of REFUSALS) {
      server.refuse = (what) => what === at ? refusal : undefined;
      assert.deepEqual(await send(mail, shown()), result, `${at}: ${refusal}`);
    }
    server.refuse = () => undefined;
    assert.equal((await send(mail, shown())).result, "taken");
  },
);

Deno.test("many mails share few connections, and one that is cut costs none", LOOSE, async () => {
  await using server = await MailServer.start();
  await using mail = opened(server);
  const all = await Promise.all(
    Array.from({ length: 60 }, (_, at) => send(mail, shown({ id: `n${at}` }))),
  );
  assert.deepEqual(new Set(all.map(({ result }) => result)), new Set(["taken"]));
  assert.ok(server.connections <= 5, `${server.connections} connections`);
  server.cut();
  assert.equal((await send(mail, shown())).result, "taken");
});

Deno.test(
  "a server that hangs in the middle is waited for no longer than the caller wants",
  LOOSE,
  async () => {
    await using server = await MailServer.start();
    await using mail = opened(server);
    const release = Promise.withResolvers<undefined>();
    let waiting = 0;
    server.refuse = (what) => what === "RCPT" ? (waiting++, release.promise) : undefined;
    const caller = new AbortController();
    const sent = mail.send(DEVICE, shown(), caller.signal);
    await waitFor("it waits", () => waiting === 1);
    caller.abort();
    assert.deepEqual(await sent, { result: "later", why: "no answer in time" });
    release.resolve(undefined);
    server.refuse = () => undefined;
    assert.equal((await send(mail, shown())).result, "taken");
  },
);

Deno.test(
  "without TLS nothing goes, and a certificate that nobody knows is refused",
  LOOSE,
  async () => {
    await using plain = await MailServer.start({ tls: "none" });
    await using secure = await MailServer.start();
    await using unknown = opened(secure, { SMTP_TLS_CA: "" });
    await using downgraded = opened(plain, { SMTP_URL: plain.url.replace("?tls=off", "") });
    for (const each of [unknown, downgraded]) {
      const result = await send(each, shown());
      assert.equal(result.result, "later", JSON.stringify(result));
      assert.doesNotMatch(JSON.stringify(result), /secret|ada@/);
    }
    assert.deepEqual([plain.taken.length, secure.taken.length], [0, 0]);
  },
);

Deno.test(
  "mails go by TLS from the first byte, and without where the setting says so",
  LOOSE,
  async () => {
    for (const tls of ["implicit", "none"] as const) {
      await using server = await MailServer.start({ tls });
      await using mail = opened(server);
      assert.equal((await send(mail, shown())).result, "taken");
      assert.equal((await server.get(1))[0]?.isSecure, tls === "implicit");
    }
  },
);

Deno.test(
  "what a wrong password holds up waits, a server that is away is asked later, and neither tells secrets",
  LOOSE,
  async () => {
    await using server = await MailServer.start();
    await using wrong = opened(server, { SMTP_URL: server.url.replace("password-is", "wrong-is") });
    await using silent = new SilentServer({ hearsClose: false });
    const port = new URL(silent.url.replace("ws:", "http:")).port;
    await using hanging = opened(server, { SMTP_URL: `smtp://127.0.0.1:${port}` });
    await using away = opened(server, { SMTP_URL: "smtp://127.0.0.1:1" });
    const refused = await send(wrong, shown());
    assert.deepEqual(refused, { ...DENIED, why: "535 5.7.8" });
    const late = await hanging.send(DEVICE, shown(), AbortSignal.timeout(300));
    assert.deepEqual(late, { result: "later", why: "no answer in time" });
    const nobody = await send(away, shown());
    assert.equal(nobody.result, "later");
    assert.doesNotMatch(JSON.stringify([refused, nobody]), /secret|ada@/);
  },
);

Deno.test(
  "check() says what is wrong with the server, and how long its certificate is good",
  LOOSE,
  async () => {
    for (const tls of ["starttls", "implicit"] as const) {
      await using server = await MailServer.start({ tls });
      await using mail = opened(server);
      const [note] = await mail.check(Date.now());
      assert.match(
        note?.text ?? "",
        /^127\.0\.0\.1:\d+ \(SMTP_URL\): its certificate has 1 day left$/,
      );
      assert.equal(note?.level, "warning");
      const [long] = await mail.check(Date.now() - 20 * 24 * 3_600_000);
      assert.equal(long?.level, "info");
      await using wrong = opened(server, {
        SMTP_URL: server.url.replace("password-is", "wrong-is"),
      });
      assert.deepEqual(await wrong.check(Date.now()), [{
        level: "error",
        text: "SMTP_URL: 535 5.7.8",
      }]);
      await using away = opened(server, { SMTP_URL: "smtp://127.0.0.1:1" });
      assert.deepEqual(await away.check(Date.now()), [{
        level: "warning",
        text: "SMTP_URL: ESOCKET",
      }]);
    }
  },
);

Deno.test(
  "a mail is not taken back, and tokenOf() takes an address in one spelling",
  LOOSE,
  async () => {
    await using server = await MailServer.start();
    await using mail = opened(server);
    assert.equal((await send(mail, closing())).result, "refused");
    assert.equal(mail.closes, false);
    assert.equal(mail.tokenOf(" Ada.Lovelace+x@SHOP.example "), "Ada.Lovelace+x@shop.example");
    assert.equal(mail.tokenOf("ada@bücher.example"), "ada@xn--bcher-kva.example");
    const bad: unknown[] = [
      ...[
        undefined,
        7,
        "",
        "secret",
        "@shop.example",
        "secret@",
        "a@b@c",
        "a b@shop.example",
        "a@shop.example\r\nBcc: x",
      ],
      ...[
        "a@127.0.0.1",
        "a@[127.0.0.1]",
        '"a b"@shop.example',
        "a,b@shop.example",
        "<a@shop.example>",
        "a..b@x.y",
      ],
      ...[
        `${"s".repeat(65)}@x.y`,
        `a@${"secret.".repeat(50)}example`,
        {},
        "a@shop.example/x",
        "a@-x.y",
      ],
    ];
    for (const each of bad) {
      assert.throws(
        () => mail.tokenOf(each),
        (error: Error) => !error.message.includes("secret"),
        String(each),
      );
    }
  },
);

function opened(server: MailServer, env: Record<string, string> = {}): Mail {
  const config = readSlice(providers, { ...server.env, ...env }).mail ?? assert.fail();
  return new Mail({ config, ca: readMailCa(config), now: Date.now });
}

async function send(
  mail: Mail,
  message: DeviceMessage,
  changes: Partial<typeof DEVICE> = {},
): Promise<PushResult> {
  return await mail.send({ ...DEVICE, ...changes }, message, AbortSignal.timeout(30_000));
}
