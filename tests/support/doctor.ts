/** Runs `notifyli doctor`, and takes its findings. */
import assert from "node:assert/strict";
import { run, taskCommand } from "./command.ts";

type Env = Readonly<Record<string, string>>;

export interface Finding {
  readonly about: string;
  readonly level: string;
  readonly text: string;
  readonly mend?: string;
}

interface DoctorOptions {
  /** 0 or 1; either if absent. */
  readonly code?: 0 | 1 | undefined;
  readonly args?: readonly string[];
  /** Stands before the command. */
  readonly wrapper?: readonly string[];
}

/** Runs the command, holds it to its exit code, and has each thing that is wrong say how it is mended. */
export async function doctor(
  env: Env,
  { code, args = [], wrapper = [] }: DoctorOptions = {},
): Promise<Finding[]> {
  const folder = await Deno.makeTempDir();
  const outcome = await run([...wrapper, ...taskCommand("doctor"), "--json", ...args], {
    cwd: folder,
    env: { APP_PORT: "1", APP_DATA_DIR: `${folder}/data`, ...env },
  });
  await Deno.remove(folder, { recursive: true });
  assert.match(outcome.stdout, /^\{/, outcome.stderr);
  const { ok, findings }: { ok: boolean; findings: Finding[] } = JSON.parse(outcome.stdout);
  assert.equal(outcome.code, ok ? 0 : 1, outcome.stdout + outcome.stderr);
  if (code !== undefined) assert.equal(outcome.code, code, outcome.stdout);
  for (const { level, mend = "" } of findings) {
    assert.equal(
      mend !== "",
      level === "error" || level === "warning",
      "what is wrong says how to mend it",
    );
  }
  return findings;
}

/** The sentences of one level. @param about of one thing alone */
export function textsOf(found: readonly Finding[], level: string, about?: string): string {
  return found.filter((each) => each.level === level && each.about === (about ?? each.about))
    .map(({ text }) => text).join("\n");
}
