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

/** A group for each name, for a split that keeps groups together; a name that does not match is alone. `count`: groups of two and more. */
export function groupsOf(pattern: string, names: readonly string[]): { groups: (string | number)[]; count: number } {
  const groups = names.map((name, index): string | number => groupOf(pattern, name) ?? index);
  const sizes = new Map<string, number>();
  for (const group of groups) if (typeof group === 'string') sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return { groups, count: [...sizes.values()].filter((size) => size > 1).length };
}
