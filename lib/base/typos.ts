/** Guesses which known name somebody meant who wrote another. */

/** Ends an error message with the known name that is one typo away; empty if none is. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? "" : `; did you mean ${near}?`;
}

/** The known name that is one typo away. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  return known.find((each) => isOneTypoAway(name, each));
}

/** Whether one letter was added, left out or replaced, or two neighbours swapped. */
export function isOneTypoAway(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1) return false; // most are told apart by that, without a look at their letters
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  let [endOne, endOther] = [one.length, other.length];
  while (endOne > start && endOther > start && one[endOne - 1] === other[endOther - 1]) {
    endOne--;
    endOther--;
  }
  const [left, right] = [one.slice(start, endOne), other.slice(start, endOther)];
  return (left.length <= 1 && right.length <= 1) ||
    (left.length === 2 && left === [...right].reverse().join(""));
}
