/** Reads constants of the code that no other file uses, for tests that hold pages to them. */
import { ROOT } from "./paths.ts";

/** The value of a constant at the top of a file, whose text is a number or a product of numbers and such constants. */
export async function constantOf(file: string, name: string): Promise<number> {
  const code = await Deno.readTextFile(`${ROOT}lib/${file}`);
  return valueIn(code, name, file);
}

/** The value of a `local` at the top of a script. */
export async function luaConstantOf(file: string, name: string): Promise<number> {
  const script = await Deno.readTextFile(`${ROOT}lib/${file}`);
  const [, value] = new RegExp(`^local ${name} = (\\d+)$`, "m").exec(script) ?? [];
  if (value === undefined) throw new Error(`${file} has no local ${name} that is a number`);
  return Number(value);
}

function valueIn(code: string, name: string, file: string): number {
  const [, text] = new RegExp(`^(?:export )?const ${name} = ([\\w.* ]+);`, "m").exec(code) ?? [];
  if (text === undefined) throw new Error(`${file} has no constant ${name} that is a number`);
  const factors = text.split("*").map((each) => each.trim());
  return factors.reduce((product, factor) => {
    const isNumber = /^\d/.test(factor);
    return product * (isNumber ? Number(factor.replaceAll("_", "")) : valueIn(code, factor, file));
  }, 1);
}
