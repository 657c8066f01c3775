/** Of which type a column is, by the values in it. */
import type { ColumnType } from '../http/table-schemas.ts';
import { type Decimal, dateOf, numberOf } from './cells.ts';
import { MAX_NUMBER } from './limits.ts';

/** Different values that are counted; a column with more is no category. */
export const DISTINCT_LIMIT = 1000;
/** Share of the values that must fit a type. Those that do not are told of, and become missing. */
const SHARE = 0.95;
const EXAMPLES = 3;

/** Serial and part numbers: 00123 is not the number 123, and what has more digits than a double would lose its last ones. */
const CODE = /^0\d+$/;

/** Collects what tells a column's type. */
export class ColumnJudge {
  readonly #decimal: Decimal;
  readonly #distinct = new Map<string, number>();
  #values = 0;
  #missing = 0;
  #integers = 0;
  #numbers = 0;
  #dates = 0;
  #codes = 0;

  constructor(decimal: Decimal) {
    this.#decimal = decimal;
  }

  missing(): void {
    this.#missing += 1;
  }

  add(cell: string): void {
    this.#values += 1;
    const seen = this.#distinct.get(cell);
    if (seen !== undefined) this.#distinct.set(cell, seen + 1);
    else if (this.#distinct.size < DISTINCT_LIMIT) this.#distinct.set(cell, 1);
    const number = numberOf(cell, this.#decimal);
    if (number !== undefined && Math.abs(number) <= MAX_NUMBER) {
      this.#numbers += 1;
      if (Number.isSafeInteger(number)) this.#integers += 1;
      if (CODE.test(cell) || (Number.isInteger(number) && !Number.isSafeInteger(number) && /^\d+$/.test(cell))) this.#codes += 1;
    } else if (dateOf(cell) !== undefined) this.#dates += 1;
  }

  get missingCount(): number {
    return this.#missing;
  }

  /** Up to DISTINCT_LIMIT. */
  get distinct(): number {
    return this.#distinct.size;
  }

  get examples(): string[] {
    return [...this.#distinct.keys()].slice(0, EXAMPLES);
  }

  type(): ColumnType {
    const values = this.#values;
    if (values === 0) return 'text';
    if (this.#codes === 0 && this.#numbers >= SHARE * values) return this.#integers === this.#numbers ? 'integer' : 'real';
    if (this.#codes === 0 && this.#dates >= SHARE * values) return 'date';
    // A category comes again and again.
    const few = Math.max(10, Math.min(DISTINCT_LIMIT - 1, values / 4));
    return this.#distinct.size <= few ? 'categorical' : 'text';
  }

  get notNumbers(): number {
    return this.#values - this.#numbers;
  }

  get notDates(): number {
    return this.#values - this.#dates;
  }
}
