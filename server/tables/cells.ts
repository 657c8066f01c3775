/** What a cell's text means: missing, a number, a date. */
import { MAX_CELL } from './limits.ts';

/** What people and programs write where there is no value. A workbook's error values among them. */
export const MISSING_WORDS = [
  'NA',
  'N/A',
  '#N/A',
  'NaN',
  'null',
  'none',
  'nil',
  '-',
  '--',
  '?',
  '.',
  '#DIV/0!',
  '#VALUE!',
  '#REF!',
  '#NAME?',
  '#NUM!',
  '#NULL!',
  '결측',
  '없음',
];

export type Decimal = '.' | ',';

/** Tells the cells without a value. */
export function missingTest(words: readonly string[]): (cell: string) => boolean {
  const known = new Set(words.map((word) => word.toLowerCase()));
  const longest = Math.max(0, ...words.map(({ length }) => length));
  return (cell) => cell === '' || (cell.length <= longest && known.has(cell.toLowerCase()));
}

/** A cell fit to be kept: without white space around it and control characters, within the limit. */
export function cleaned(cell: string): string {
  const text = cell.trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  const plain = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text) ? text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '') : text;
  return plain.length <= MAX_CELL ? plain : plain.slice(0, MAX_CELL);
}

const PLAIN = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const GROUPED_POINT = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/;
const WITH_COMMA = /^[+-]?(\d+,?\d*|,\d+)(e[+-]?\d+)?$/i;
const GROUPED_COMMA = /^[+-]?\d{1,3}([. ]\d{3})+(,\d*)?$/;
/** inf, -Infinity, 1e999, as programs write them. */
const INFINITE = /^[+-]?(inf|infinity|∞)$/i;

/** A number, thousands grouped or not; undefined where it is none. Infinite ones are ±Infinity. */
export function numberOf(cell: string, decimal: Decimal): number | undefined {
  if (decimal === '.') {
    if (PLAIN.test(cell)) return Number(cell);
    if (GROUPED_POINT.test(cell)) return Number(cell.replaceAll(',', ''));
  } else {
    if (WITH_COMMA.test(cell)) return Number(cell.replace(',', '.'));
    if (GROUPED_COMMA.test(cell)) return Number(cell.replace(/[. ]/g, '').replace(',', '.'));
  }
  if (INFINITE.test(cell)) return cell.startsWith('-') ? -Infinity : Infinity;
  return undefined;
}

/** Year first, with -, / or . between: 2026-03-01, 2026/3/1, 2026. 3. 1., 2026-03-01T14:05:00Z, 2026-03-01 오후 2:05. */
const DATE =
  /^(\d{4})(?:-(\d{1,2})-(\d{1,2})|\/(\d{1,2})\/(\d{1,2})|\. ?(\d{1,2})\. ?(\d{1,2})\.?|년 ?(\d{1,2})월 ?(\d{1,2})일)(?:[T ]+(?:(오전|오후|AM|PM) ?)?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?(AM|PM))?(?: ?(Z|[+-]\d{2}:?\d{2}))?)?$/i;

/** Milliseconds since 1970. A time without a zone is taken as it stands (as if it were UTC), so that it reads the same everywhere. */
export function dateOf(cell: string): number | undefined {
  const code = cell.charCodeAt(0);
  if (code < 48 || code > 57 || cell.length < 8 || cell.length > 45) return undefined;
  const match = DATE.exec(cell);
  if (match === null) return undefined;
  const year = Number(match[1]);
  const month = Number(match[2] ?? match[4] ?? match[6] ?? match[8]);
  const day = Number(match[3] ?? match[5] ?? match[7] ?? match[9]);
  let hour = Number(match[11] ?? 0);
  const minute = Number(match[12] ?? 0);
  const second = Number(match[13] ?? 0);
  const milliseconds = Math.floor(Number(`0.${match[14] ?? 0}`) * 1000);
  const half = (match[10] ?? match[15])?.toUpperCase();
  if (half !== undefined && (hour < 1 || hour > 12)) return undefined;
  if (half !== undefined) hour = (hour % 12) + (half === '오후' || half === 'PM' ? 12 : 0);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const time = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  const made = new Date(time);
  // 31 February is no date.
  if (made.getUTCMonth() !== month - 1 || made.getUTCDate() !== day || year < 1000) return undefined;
  const zone = match[16];
  if (zone === undefined || zone.toUpperCase() === 'Z') return time;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return time - (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
}

/** 2026-03-01, or with the time where there is one: 2026-03-01 14:05:00. */
export function dateText(time: number): string {
  const made = new Date(time);
  if (Number.isNaN(made.getTime())) return '';
  const text = made.toISOString();
  if (time % 86_400_000 === 0) return text.slice(0, 10);
  return `${text.slice(0, 10)} ${time % 1000 === 0 ? text.slice(11, 19) : text.slice(11, 23)}`;
}
