/** Numbers of graphs and searches, for people. */
import { decimal } from '../i18n/format.ts';
import { language } from '../i18n/language.ts';

/** As short as it can be read: 0.0005, 1e-5, 12.3. */
export function short(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.0001 || size >= 100_000) return value.toExponential(1).replace('.0e', 'e');
  return String(Number(value.toPrecision(size >= 100 ? 4 : 3)));
}
export const shownValue = (value: unknown): string => (typeof value === 'number' ? short(value) : String(value));

const HUGE = 1e5;
const huge = (value: number) => Number(value.toPrecision(4)).toExponential();

/** A value of a line: with so many digits, and where that is too long to be read by its power of ten: "1.709e+13". */
export function reading(value: number, digits: number): string {
  return Math.abs(value) < HUGE ? decimal(value, digits) : huge(value);
}

/** A number beside an axis, with as many digits as it needs. */
export function axisNumber(value: number): string {
  return Math.abs(value) < HUGE ? value.toLocaleString(language.now, { maximumFractionDigits: 6 }) : huge(value);
}
