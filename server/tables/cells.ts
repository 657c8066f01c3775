/** What a cell's text means: missing, a number, a date. */
import { unguarded } from '../formulas.ts';
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

/** A cell fit to be kept: without white space around it, the guard of a formula and control characters, within the limit. */
export function cleaned(cell: string): string {
  const text = unguarded(cell.trim()).trim();
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

/** What the first number of 3/4/2026 is. */
export type DateOrder = 'day' | 'month';

const TIME = String.raw`(?:[T ]+(?:(오전|오후|AM|PM) ?)?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?(AM|PM))?(?: ?(Z|[+-]\d{2}:?\d{2}))?)?`;
/** With -, / or . between: 2026-03-01, 2026/3/1, 2026. 3. 1., 2026-03-01T14:05:00Z, 2026-03-01 오후 2:05. */
const YEAR_FIRST = new RegExp(
  String.raw`^(\d{4})(?:-(\d{1,2})-(\d{1,2})|\/(\d{1,2})\/(\d{1,2})|\. ?(\d{1,2})\. ?(\d{1,2})\.?|년 ?(\d{1,2})월 ?(\d{1,2})일)${TIME}$`,
  'i',
);
/** 31.12.2025, 31/12/2025, 12/31/2025, 31-12-2025 14:05. */
const YEAR_LAST = new RegExp(String.raw`^(\d{1,2})([./-]) ?(\d{1,2})\2 ?(\d{4})${TIME}$`, 'i');
const YEAR_FIRST_TIME = 10;
const YEAR_LAST_TIME = 5;

/**
 * Milliseconds since 1970. A time without a zone is taken as it stands (as if it were UTC), so that it reads the same everywhere. `order` is of dates that end
 * with their year and have / or - between; with points the day comes first wherever they are written.
 */
export function dateOf(cell: string, order: DateOrder = 'day'): number | undefined {
  const code = cell.charCodeAt(0);
  if (code < 48 || code > 57 || cell.length < 8 || cell.length > 45) return undefined;
  const first = YEAR_FIRST.exec(cell);
  if (first !== null) {
    const month = Number(first[2] ?? first[4] ?? first[6] ?? first[8]);
    const day = Number(first[3] ?? first[5] ?? first[7] ?? first[9]);
    return timeOf(Number(first[1]), month, day, first.slice(YEAR_FIRST_TIME));
  }
  const last = YEAR_LAST.exec(cell);
  if (last === null) return undefined;
  const [a, b] = [Number(last[1]), Number(last[3])];
  const dayFirst = order === 'day' || last[2] === '.';
  return timeOf(Number(last[4]), dayFirst ? b : a, dayFirst ? a : b, last.slice(YEAR_LAST_TIME));
}

/** `time`: what the groups of TIME have found. */
function timeOf(year: number, month: number, day: number, time: readonly (string | undefined)[]): number | undefined {
  const [before, hours, minutes, seconds, fraction, behind, zone] = time;
  let hour = Number(hours ?? 0);
  const minute = Number(minutes ?? 0);
  const second = Number(seconds ?? 0);
  const milliseconds = Math.floor(Number(`0.${fraction ?? 0}`) * 1000);
  const half = (before ?? behind)?.toUpperCase();
  if (half !== undefined && (hour < 1 || hour > 12)) return undefined;
  if (half !== undefined) hour = (hour % 12) + (half === '오후' || half === 'PM' ? 12 : 0);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const at = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  const made = new Date(at);
  // 31 February is no date.
  if (made.getUTCMonth() !== month - 1 || made.getUTCDate() !== day || year < 1000) return undefined;
  if (zone === undefined || zone.toUpperCase() === 'Z') return at;
  const offset = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return at - (zone.startsWith('-') ? -1 : 1) * offset * 60_000;
}

/** 2026-03-01, or with the time where there is one: 2026-03-01 14:05:00. */
export function dateText(time: number): string {
  const made = new Date(time);
  if (Number.isNaN(made.getTime())) return '';
  const text = made.toISOString();
  if (time % 86_400_000 === 0) return text.slice(0, 10);
  return `${text.slice(0, 10)} ${time % 1000 === 0 ? text.slice(11, 19) : text.slice(11, 23)}`;
}
