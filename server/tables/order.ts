/** In which order the rows of a table stand when they are sorted by one column. */

/** Characters of a text that count; those that are equal so far stay as they stand in the table. */
const KEY = 64;

/**
 * What a text is sorted by: without regard to case, and numbers within it by their value (lot 2 before lot 10). In the order of code points, which for
 * Hangul is that of the alphabet.
 */
export function textKey(text: string): string {
  // Copied: a slice would keep the whole text in memory.
  const start = text.length <= KEY ? text : Buffer.from(text.slice(0, KEY), 'utf16le').toString('utf16le');
  // How many digits there are stands before them.
  return start.toLowerCase().replace(/0*(\d+)/g, (_, digits: string) => `${String(digits.length).padStart(2, '0')}${digits}`);
}

/** Row numbers by ascending number; NaN (missing) last, equal ones as they stand. */
export function orderOfNumbers(numbers: Float64Array): Uint32Array {
  return ordered(
    numbers.length,
    (row) => Number.isNaN(numbers[row]),
    (a, b) => numbers[a]! - numbers[b]!,
  );
}

/** Row numbers by ascending key (textKey); null (missing) last, equal ones as they stand. */
export function orderOfTexts(keys: readonly (string | null)[]): Uint32Array {
  return ordered(
    keys.length,
    (row) => keys[row] === null,
    (a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0),
  );
}

/** For each code of a dictionary its place among the others. */
export function ranksOf(dictionary: readonly string[]): Uint32Array {
  const ranks = new Uint32Array(dictionary.length);
  for (const [rank, code] of orderOfTexts(dictionary.map(textKey)).entries()) ranks[code] = rank;
  return ranks;
}

function ordered(rows: number, isMissing: (row: number) => boolean, compare: (a: number, b: number) => number): Uint32Array {
  const order = new Uint32Array(rows);
  let present = 0;
  for (let row = 0; row < rows; row++) if (!isMissing(row)) order[present++] = row;
  for (let row = 0, at = present; at < rows; row++) if (isMissing(row)) order[at++] = row;
  // Typed arrays are sorted stably.
  order.subarray(0, present).sort(compare);
  return order;
}
