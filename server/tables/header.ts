/** Names of the columns: every one has one, and each only one. */
import { cleaned } from './cells.ts';
import { MAX_NAME } from './limits.ts';

export interface Renamed {
  /** From 1, as people count columns. */
  column: number;
  from: string;
  to: string;
}

/** `width` columns; `header` null: the file has none. */
export function namesOf(header: readonly string[] | null, width: number): { names: string[]; renamed: Renamed[] } {
  const taken = new Set<string>();
  const renamed: Renamed[] = [];
  /** Copies of a name so far: thousands of columns may be called alike. */
  const copies = new Map<string, number>();
  const names = Array.from({ length: width }, (_, index) => {
    const from = cleaned(header?.[index] ?? '').replace(/\s+/g, ' ');
    const wanted = from === '' ? `column_${index + 1}` : from.slice(0, MAX_NAME - 8);
    let name = wanted;
    while (taken.has(name.toLowerCase())) {
      const copy = (copies.get(wanted.toLowerCase()) ?? 1) + 1;
      copies.set(wanted.toLowerCase(), copy);
      name = `${wanted} (${copy})`;
    }
    taken.add(name.toLowerCase());
    if (header !== null && name !== from) renamed.push({ column: index + 1, from: from.slice(0, MAX_NAME), to: name });
    return name;
  });
  return { names, renamed };
}
