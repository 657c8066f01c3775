/** Of which type a column is, by the values in it. */
import type { ColumnType } from '../http/table-schemas.ts';
import { type DateOrder, type Decimal, dateOf, numberOf } from './cells.ts';
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
  readonly #dateOrder: DateOrder | undefined;
  readonly #distinctLimit: number;
  readonly #distinct = new Set<string>();
  #values = 0;
  #missing = 0;
  #integers = 0;
  #numbers = 0;
  #dates = 0;
  #codes = 0;

  /** `distinctLimit`: different values that are counted at most. */
  constructor(decimal: Decimal, dateOrder?: DateOrder, distinctLimit = DISTINCT_LIMIT) {
    this.#decimal = decimal;
    this.#dateOrder = dateOrder;
    this.#distinctLimit = distinctLimit;
  }

  missing(): void {
    this.#missing += 1;
  }

  add(cell: string): void {
    this.#values += 1;
    if (this.#distinct.size < this.#distinctLimit) this.#distinct.add(cell);
    const number = numberOf(cell, this.#decimal);
    if (number !== undefined && Math.abs(number) <= MAX_NUMBER) {
      this.#numbers += 1;
      if (Number.isSafeInteger(number)) this.#integers += 1;
      if (CODE.test(cell) || (Number.isInteger(number) && !Number.isSafeInteger(number) && /^\d+$/.test(cell))) this.#codes += 1;
    } else if (dateOf(cell, this.#dateOrder) !== undefined) this.#dates += 1;
  }

  get missingCount(): number {
    return this.#missing;
  }

  /** Up to the limit. */
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
    const few = Math.max(10, Math.min(this.#distinctLimit - 1, values / 4));
    return this.#distinct.size <= few ? 'categorical' : 'text';
  }

  get notNumbers(): number {
    return this.#values - this.#numbers;
  }

  get notDates(): number {
    return this.#values - this.#dates;
  }
}
