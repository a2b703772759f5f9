/** Compares texts as Redis orders them: by their code points, which is the order of their bytes in UTF-8. */

/** Negative if `one` comes before `other`, positive if after, 0 if they are equal. */
export function compareCodePoints(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  for (let index = 0; index < most; index++) {
    const [own, others] = [one.charCodeAt(index), other.charCodeAt(index)];
    if (own !== others) return placeOf(own) - placeOf(others);
  }
  return one.length - other.length;
}

/** The halves of what takes two units come after all units that stand alone. */
function placeOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
