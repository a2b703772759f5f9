/**
 * Checks that no two of a kind have one name, since the second would silently take the place of the first.
 *
 * @param what the kind, such as "features"
 */
export function requireDistinct(what: string, names: readonly string[]): void {
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin !== undefined) throw new TypeError(`Two ${what} have the name '${twin}'`);
}
