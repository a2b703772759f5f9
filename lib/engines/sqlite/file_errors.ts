/** What SQLite's errors say of the file: that it is damaged, that the disk failed, or nothing at all. */

/** Result codes of SQLite, without their extensions. */
const IOERR = 10;
const CORRUPT = 11;
const NOTADB = 26;

const CODE_MASK = 0xff;

/** Whether the file does not hold what SQLite wrote there. Nobody knows then what else of it is wrong. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === CORRUPT || code === NOTADB;
}

/** Whether the disk did not give or take what it was asked to. The next try may succeed. */
export function isDiskFailure(error: unknown): boolean {
  return codeOf(error) === IOERR;
}

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & CODE_MASK : undefined;
}
