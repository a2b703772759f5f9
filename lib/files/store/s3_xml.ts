/** Reads and writes the little XML that S3 speaks: flat, without attributes that matter. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&apos;": "'",
  "&gt;": ">",
  "&lt;": "<",
  "&quot;": '"',
};

/** The text of the first element of this name; "" where there is none. */
export function textOf(xml: string, name: string): string {
  return textsOf(xml, name)[0] ?? "";
}

export function textsOf(xml: string, name: string): string[] {
  const found = xml.matchAll(new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`, "g"));
  return [...found].map(([, text = ""]) => unescaped(text.trim()));
}

/** All that stands within each element of this name. */
export function elementsOf(xml: string, name: string): string[] {
  return xml.split(`<${name}>`).slice(1).map((each) => each.split(`</${name}>`)[0] ?? "");
}

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#x([0-9a-f]+)|\w+);/gi, (entity, decimal, hexadecimal) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hexadecimal !== undefined) return String.fromCodePoint(parseInt(hexadecimal, 16));
    return ENTITIES[entity] ?? entity;
  });
}

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
