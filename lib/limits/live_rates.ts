/** Takes over rates while the server runs: whoever looks at them has the same objects, which change here. */
import type { Rates } from "./settings.ts";

type Changing = { -readonly [Name in keyof Rates]: Rates[Name] };

/** Makes the rates in force those others. Where one was off, connections that are there go on without it. */
export function takeOverRates(inForce: Rates, next: Rates): void {
  const changing: Changing = inForce;
  for (const name of Object.keys(next) as (keyof Rates)[]) {
    const [now, then] = [inForce[name], next[name]];
    if (now !== undefined && then !== undefined) Object.assign(now, then);
    else changing[name] = then;
  }
}
