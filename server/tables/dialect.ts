/** What separates the cells, what marks decimals, and whether the first row is a header: judged by the first rows of a file. */
import type { Delimiter } from '../http/table-schemas.ts';
import { cleaned, type DateOrder, type Decimal, dateOf, numberOf } from './cells.ts';
import { separatorOf, splitRows } from './csv.ts';

const DELIMITERS: readonly Delimiter[] = [',', '\t', ';', '|'];
const LOOKED = 200;

/** The one that splits most rows into the same number of cells, and into more than one. `text` is the beginning of the file. */
export function detectDelimiter(text: string): Delimiter {
  const told = separatorOf(text);
  if (told !== undefined && (DELIMITERS as readonly string[]).includes(told)) return told as Delimiter;
  // The last line may be cut.
  const whole = text.slice(0, Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1) || text;
  let best: { delimiter: Delimiter; score: number } = { delimiter: ',', score: 0 };
  for (const delimiter of DELIMITERS) {
    if (!whole.includes(delimiter)) continue;
    const widths = splitRows(whole, delimiter)
      .filter((cells) => cells.length > 1 || cells[0] !== '')
      .slice(0, LOOKED)
      .map(({ length }) => length);
    const counts = new Map<number, number>();
    for (const width of widths) counts.set(width, (counts.get(width) ?? 0) + 1);
    const [width, agreed] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [1, 0];
    if (width < 2) continue;
    // Agreement weighs most: a comma within texts splits now and then, the true one splits every row.
    const score = (agreed / widths.length) ** 2 * (1 + Math.log2(width) / 10);
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** ',' where numbers are written 1.234,5 or 0,5. */
export function detectDecimal(rows: readonly (readonly string[])[], delimiter: Delimiter): Decimal {
  let point = 0;
  let comma = 0;
  /** 1,234 and 1.234 could be either. */
  let unsureComma = 0;
  for (const cells of rows.slice(0, LOOKED)) {
    for (const cell of cells) {
      const text = cell.trim();
      if (/^[+-]?\d{1,3}(,\d{3})+$/.test(text)) unsureComma += 1;
      else if (/^[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+$/.test(text)) comma += 1;
      else if (/^[+-]?(\d{1,3}(,\d{3})+|\d*)\.\d+(e[+-]?\d+)?$/i.test(text)) point += 1;
    }
  }
  if (comma > point) return ',';
  // In a file that Excel wrote in a country of decimal commas, the semicolon separates.
  return comma === 0 && point === 0 && unsureComma > 0 && delimiter === ';' ? ',' : '.';
}

/**
 * Whether 3/4/2026 is in April or in March: told by dates that can be only one of both. Where there are none, by the decimal mark, since countries of the comma
 * put the day first; else as in the United States, whose programs write such dates the most.
 */
export function detectDateOrder(rows: readonly (readonly string[])[], decimal: Decimal): DateOrder {
  let day = 0;
  let month = 0;
  for (const cells of rows) {
    for (const cell of cells) {
      const match = /^\s*(\d{1,2})([/-])(\d{1,2})\2\d{4}(?!\d)/.exec(cell);
      if (match === null) continue;
      if (Number(match[1]) > 12) day += 1;
      else if (Number(match[3]) > 12) month += 1;
    }
  }
  if (day !== month) return day > month ? 'day' : 'month';
  return decimal === ',' ? 'day' : 'month';
}

/** `rows` begin with the one in question. A header is a row of different texts over columns that hold something else. */
export function detectHeader(rows: readonly (readonly string[])[], decimal: Decimal, dateOrder: DateOrder, isMissing: (cell: string) => boolean): boolean {
  const [first, ...rest] = rows.map((cells) => cells.map(cleaned));
  if (first === undefined || rest.length === 0) return first?.every((cell) => cell !== '' && numberOf(cell, decimal) === undefined) ?? false;
  const valued = (cell: string) => numberOf(cell, decimal) !== undefined || dateOf(cell, dateOrder) !== undefined;
  const named = first.filter((cell) => cell !== '');
  if (named.length === 0 || named.some(valued)) {
    // Years and numbered columns are headers too, where texts stand beneath them; that is seldom enough to leave to the person.
    return false;
  }
  let above = 0;
  let repeated = 0;
  for (const [column, cell] of first.entries()) {
    const values = rest.slice(0, LOOKED).flatMap((cells) => (isMissing(cells[column] ?? '') ? [] : [cells[column]!]));
    if (values.length > 0 && values.filter(valued).length > values.length / 2) above += 1;
    if (cell !== '' && values.includes(cell)) repeated += 1;
  }
  return above > 0 || repeated === 0;
}
