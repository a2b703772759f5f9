/** What the page says of files: their size and kind, how far they are, and why one is not taken. */
import assert from "node:assert/strict";
import { NotifyliError } from "../../lib/sdk/core/errors.ts";
import {
  acceptedTypes,
  failureWords,
  kindWords,
  percentOf,
  progressWords,
  sizeWords,
  whyNotTaken,
} from "../../lib/page/file_words.ts";
import { Tray, TRAY_LIMIT } from "../../lib/page/state/tray.ts";

const MIB = 1 << 20;
const ANY = { max_bytes: null, types: [] };

Deno.test("a size is said in the unit that has the fewest digits", () => {
  for (
    const [bytes, words] of [
      [0, "0 bytes"],
      [1, "1 byte"],
      [1023, "1,023 bytes"],
      [1024, "1 KB"],
      [1024 * 1023.6, "1 MB"],
      [2.4 * MIB, "2.4 MB"],
      [100 * MIB, "100 MB"],
      [1536 * MIB, "1.5 GB"],
    ] as const
  ) assert.equal(sizeWords(bytes), words, String(bytes));
  assert.equal(progressWords(1.5 * MIB, 2.4 * MIB), "1.5 of 2.4 MB");
});

Deno.test("a hundred percent are there only where all of it is", () => {
  assert.equal(percentOf(999_999, 1_000_000), 99);
  assert.equal(percentOf(5, 5), 100);
  assert.equal(percentOf(0, 0), 100);
});

Deno.test("a file's kind is its ending, or else its type", () => {
  assert.equal(kindWords({ name: "a.tar.gz" }), "GZ");
  assert.equal(kindWords({ name: "صورة.png" }), "PNG");
  assert.equal(kindWords({ name: "photo", type: "image/jpeg" }), "Image");
  assert.equal(kindWords({ name: "x", type: "application/octet-stream" }), "File");
  assert.equal(kindWords({}), "File");
});

Deno.test("what the server would refuse is known before, where it said so", () => {
  const file = new File(["12345"], "a.txt", { type: "text/plain" });
  assert.equal(whyNotTaken(file, ANY), undefined);
  assert.equal(whyNotTaken(file, { max_bytes: 5, types: ["text/*"] }), undefined);
  const tooLarge = whyNotTaken(file, { max_bytes: 4, types: [] });
  assert.equal(tooLarge, "a.txt has 5 bytes. A file may have 4 bytes at most.");
  const denied = whyNotTaken(file, { max_bytes: null, types: ["image/*", "application/pdf"] });
  assert.equal(
    denied,
    "a.txt is of a kind that is not taken here (TXT). Allowed is pictures, PDF.",
  );
  const unknown = new File(["12345"], "a");
  assert.equal(whyNotTaken(unknown, { max_bytes: null, types: ["image/*"] }), undefined);
  const texts = { max_bytes: null, types: ["image/*", "text/plain"] };
  for (const type of ["text/csv", "application/json", "application/x-sh", "application/ld+json"]) {
    const may = new File(["1,2"], "a", { type });
    assert.equal(whyNotTaken(may, texts), undefined, `${type} may be text to the server`);
    assert.notEqual(whyNotTaken(may, { max_bytes: null, types: ["image/*"] }), undefined);
  }
  const film = new File(["1"], "a.mp4", { type: "video/mp4" });
  assert.match(
    whyNotTaken(film, texts) ?? "",
    /not taken here \(MP4\)\. Allowed is pictures, text\.$/,
  );
  assert.equal(acceptedTypes(texts.types), "image/*,text/plain,text/*");
  assert.equal(acceptedTypes([]), "");
});

Deno.test("a refusal of a file is said in words, and of anything else as the server says it", () => {
  const file = { id: "", name: "a.bin", bytes: 3 * MIB };
  const codes = ["too_large", "type_denied", "storage_full", "too_many_files", "file_lost"];
  for (const code of codes) {
    assert.doesNotMatch(failureWords(new NotifyliError(code, "Cannot …"), file), /Cannot/, code);
  }
  assert.equal(failureWords(new NotifyliError("forbidden", "No."), file), "No.");
  const says = "Cannot take a file of the type application/pdf: allowed is image/*, text/plain";
  assert.equal(
    failureWords(new NotifyliError("type_denied", says), file),
    "the server does not take files of this kind (PDF). Allowed is pictures, text.",
  );
  assert.equal(failureWords(new NotifyliError("too_large", "Too long.")), "Too long.");
});

Deno.test("the tray keeps the order, and says what it does not take", () => {
  const tray = new Tray();
  let changes = 0;
  const end = tray.subscribe(() => changes++);
  const files = Array.from({ length: TRAY_LIMIT + 2 }, (_, at) => new File(["x"], `${at}.txt`));
  tray.add(files.slice(0, 2), ANY);
  tray.add([new File(["123"], "long.txt")], { max_bytes: 2, types: [] });
  assert.deepEqual(tray.items.map(({ file }) => file.name), ["0.txt", "1.txt"]);
  assert.equal(tray.problems.length, 1);
  tray.add(files.slice(2), ANY);
  assert.equal(tray.items.length, TRAY_LIMIT);
  assert.deepEqual(tray.problems, ["At most 20 files are sent at once. The others were left out."]);
  tray.remove(tray.items[0]?.key ?? 0);
  assert.deepEqual([tray.items[0]?.file.name, tray.problems.length], ["1.txt", 0]);
  tray.empty();
  end();
  assert.deepEqual([tray.items.length, changes], [0, 5]);
});
