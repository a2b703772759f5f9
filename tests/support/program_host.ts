/**
 * The program's `start`, again and again in one process, for tests: all but its first start cost a tenth of one of a new
 * process. `reused_process.ts` starts it. Arguments: a module with the program's `main`, and a folder for word between the two.
 */
const [program = "", folder = ""] = Deno.args;

/** What one start is given. */
export interface Given {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

if (import.meta.main) {
  const { main } = await import(program);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  await Deno.writeTextFile(`${folder}/port.new`, String(port));
  await Deno.rename(`${folder}/port.new`, `${folder}/port`);
  for (;;) {
    take(await nextGiven(listener));
    const code = await main(["start"]);
    if (!await isWantedAgain()) Deno.exit(code);
  }
}

async function nextGiven(listener: Deno.Listener): Promise<Given> {
  using connection = await listener.accept();
  return await new Response(connection.readable).json();
}

function take({ env, cwd }: Given): void {
  for (const name of Object.keys(Deno.env.toObject())) Deno.env.delete(name);
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  Deno.chdir(cwd);
}

/** Whether the signal that ended the server meant it alone, and not its process. */
async function isWantedAgain(): Promise<boolean> {
  try {
    await Deno.remove(`${folder}/again`);
    return true;
  } catch {
    return false;
  }
}
