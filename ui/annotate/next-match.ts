/** The next picture of a list among the matches of a search, which the daemon gives page by page. */

interface Matches {
  total: number;
  rows: readonly { n: number }[];
}

/**
 * Number of the first match behind `place` of `list`, else of the first one before it; -1: none of them is in the list.
 * The matches come in the order of the list, and know nothing of its filter. Throws what `ask` throws.
 */
export async function nextMatch(ask: (offset: number) => Promise<Matches>, list: Uint32Array, place: number): Promise<number> {
  const places = new Map(Array.from(list, (n, at) => [n, at]));
  let first = -1;
  for (let offset = 0; ; ) {
    const { total, rows } = await ask(offset);
    for (const { n } of rows) {
      const at = places.get(n);
      if (at === undefined) continue;
      if (at > place) return n;
      if (first < 0) first = n;
    }
    offset += rows.length;
    if (!rows.length || offset >= total) return first;
  }
}
