/** The Markdown of notifications: what it shows, and that nothing in it does more than to be shown. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { linkTo } from "../../lib/sdk/view/links.ts";
import { type Block, type Inline, readMarkdown, wordsOf } from "../../lib/sdk/view/markdown.ts";

const PAGE = { target: "_blank", rel: "noopener noreferrer nofollow" };

Deno.test("readMarkdown() reads bold, italic, code, links and lists", () => {
  assert.deepEqual(
    readMarkdown("**api** and *web* ran `v2.4`\n\n- one\n- [two](/two)\n  goes on\n3. three"),
    [
      {
        kind: "paragraph",
        parts: [
          { kind: "strong", parts: [text("api")] },
          text(" and "),
          { kind: "em", parts: [text("web")] },
          text(" ran "),
          { kind: "code", text: "v2.4" },
        ],
      },
      {
        kind: "list",
        items: [[text("one")], [
          { kind: "link", link: { href: "/two", ...PAGE }, parts: [text("two")] },
          text("\ngoes on"),
        ]],
      },
      { kind: "list", start: 3, items: [[text("three")]] },
    ],
  );
  assert.deepEqual(readMarkdown("# Big #\n```js\n**a** <b>\n```\nafter"), [
    { kind: "paragraph", parts: [{ kind: "strong", parts: [text("Big")] }] },
    { kind: "code", text: "**a** <b>" },
    { kind: "paragraph", parts: [text("after")] },
  ]);
  assert.deepEqual(readMarkdown("***both*** __b__ _i_"), [{
    kind: "paragraph",
    parts: [
      { kind: "strong", parts: [{ kind: "em", parts: [text("both")] }] },
      text(" "),
      { kind: "strong", parts: [text("b")] },
      text(" "),
      { kind: "em", parts: [text("i")] },
    ],
  }]);
});

Deno.test("readMarkdown() leaves alone what is no mark", () => {
  for (
    const words of [
      "snake_case_name",
      "2 * 3 * 4",
      "**",
      "* ",
      "a ** b",
      "[x](y z)",
      "`",
      "<b>hi</b>",
    ]
  ) assert.deepEqual(readMarkdown(words), [{ kind: "paragraph", parts: [text(words)] }], words);
  assert.deepEqual(readMarkdown("\\*no\\*"), [{ kind: "paragraph", parts: [text("*no*")] }]);
  assert.equal(wordsOf("**Disk** 91 %\n- a\n- b"), "Disk 91 %\na, b");
});

Deno.test("a link leads to a page, a mail, a call or a path of this server, and nowhere else", () => {
  for (const address of ["https://a.example/b?c#d", "HTTP://a.example", "/orders/7"]) {
    assert.deepEqual(linkTo(address), { href: address, ...PAGE });
  }
  for (const href of ["mailto:a@b.example", "tel:+4930"]) assert.deepEqual(linkTo(href), { href });
  for (
    const address of [
      ...[
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "\u0001javascript:alert(1)",
      ],
      ...[
        "data:text/html,<script>1</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:http://a/b",
      ],
      ...[
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil",
        "orders",
        "",
        "https://",
      ],
      ...["https://a b", `https://a.example/${"x".repeat(3_000)}`],
    ]
  ) {
    assert.equal(linkTo(address), undefined, address);
    const links = linksIn(readMarkdown(`[x](${address})`).flatMap(partsOf));
    assert.ok(links.every(({ link }) => link.href !== address), address);
  }
  assert.equal(linkTo(undefined), undefined);
});

Deno.test("hostile Markdown is read at once, and loses none of its words", () => {
  const hostile = [
    ...[
      "[",
      "*",
      "**",
      "_",
      "__",
      "`",
      "*a ",
      "_a ",
      "**a ",
      "[a](",
      "![",
      "\\",
      "~~~\n",
      "- ",
      "> ",
      "#",
    ],
    ...[
      "*_*_",
      "**__",
      "[[",
      "](",
      "`a",
      "<img src=x onerror=alert(1)>",
      "1. ",
      "http://a",
      "\n",
      "  ",
    ],
  ].map((part) => part.repeat(Math.ceil(16_384 / part.length)));
  for (const words of hostile) {
    // Were each mark looked for to the end, this would take minutes.
    const blocks = readMarkdown(words);
    assert.ok(deepest(blocks) <= 7, words.slice(0, 10));
  }
});

Deno.test("whatever is written, only what linkTo() opens is a link, and no letter is lost", () => {
  const parts = ["a", "B1", " ", "\n", "*", "**", "_", "`", "[", "]", "(", ")", "\\", "- ", "1. "];
  const words = fc.array(fc.constantFrom(...parts, "javascript:x", "https://a.example", "é"), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(words, (parts) => {
      const written = parts.join("");
      const blocks = readMarkdown(written);
      for (const { link } of linksIn(blocks.flatMap(partsOf))) {
        assert.deepEqual(linkTo(link.href), link);
      }
      const letters = (text: string) => text.replaceAll(/[^aBé]/g, "");
      const shown = blocks.map((block) => JSON.stringify(block)).join("");
      const hidden = linksIn(blocks.flatMap(partsOf)).length > 0;
      if (!hidden) assert.equal(letters(wordsOf(written)), letters(written), shown);
    }),
    { numRuns: 500 },
  );
});

function text(text: string): Inline {
  return { kind: "text", text };
}

function partsOf(block: Block): readonly Inline[] {
  return block.kind === "code" ? [] : block.kind === "list" ? block.items.flat() : block.parts;
}

function linksIn(parts: readonly Inline[]): (Inline & { kind: "link" })[] {
  return parts.flatMap((part) =>
    part.kind === "link"
      ? [part, ...linksIn(part.parts)]
      : "parts" in part
      ? linksIn(part.parts)
      : []
  );
}

function deepest(value: readonly Block[]): number {
  const depth = (part: Inline): number =>
    1 + ("parts" in part ? Math.max(0, ...part.parts.map(depth)) : 0);
  return Math.max(0, ...value.flatMap(partsOf).map(depth));
}
