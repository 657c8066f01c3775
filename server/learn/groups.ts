/** Pictures that belong together, told by their files' names. */

/** `literal` is null for `*`. */
type Token = string | null;

const GROUP = '{group}';

/**
 * What `{group}` stands for in a name, `*` being any text; null where the name does not match the pattern. As much to the left and as short as possible:
 * `{group}_*` finds A17 in A17_2_3.png. Names are looked at without their folders. Takes length of the name × length of the pattern at most.
 */
export function groupOf(pattern: string, name: string): string | null {
  const at = pattern.indexOf(GROUP);
  if (at < 0) return null;
  const text = name.split('/').at(-1) ?? name;
  const starts = prefixes(tokens(pattern.slice(0, at)), text);
  const ends = prefixes(tokens(pattern.slice(at + GROUP.length)).toReversed(), [...text].toReversed().join('')).toReversed();
  for (let start = 0; start < text.length; start++) {
    if (!starts[start]) continue;
    for (let end = start + 1; end <= text.length; end++) if (ends[end]) return text.slice(start, end);
  }
  return null;
}

const tokens = (glob: string): Token[] => [...glob].map((char) => (char === '*' ? null : char));

/** Which prefixes of a text (by length, 0..n) a glob matches as a whole. */
function prefixes(glob: readonly Token[], text: string): boolean[] {
  let matched = Array.from({ length: text.length + 1 }, (_, length) => length === 0);
  for (const token of glob) {
    let any = false;
    matched = matched.map((before, length) => {
      if (token !== null) return length > 0 && matched[length - 1]! && text[length - 1] === token;
      any ||= before;
      return any;
    });
  }
  return matched;
}

/**
 * A group for each picture, for a split that keeps groups together: what the pattern finds in its name or in that of a copy of it, else its origin (copies and
 * tiles of one picture have the same), else it is alone. `count`: groups of two and more.
 */
export function groupsOf(pattern: string | undefined, pictures: readonly { name: string; origin?: number }[]): { groups: (string | number)[]; count: number } {
  const found = pictures.map(({ name }) => (pattern === undefined ? null : groupOf(pattern, name)));
  // The copies follow the one of them whose name says something.
  const ofOrigin = new Map<number, string>();
  for (const [index, { origin }] of pictures.entries())
    if (origin !== undefined && !ofOrigin.has(origin) && found[index] !== null) ofOrigin.set(origin, found[index]!);
  const groups = pictures.map(({ origin }, index): string | number => {
    const group = origin === undefined ? found[index] : ofOrigin.get(origin);
    if (group != null) return `=${group}`;
    return origin === undefined ? index : `#${origin}`;
  });
  const sizes = new Map<string, number>();
  for (const group of groups) if (typeof group === 'string') sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return { groups, count: [...sizes.values()].filter((size) => size > 1).length };
}
