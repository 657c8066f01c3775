/** The order of a table's rows by one column: reckoned here, for millions of them hold the daemon up. */
import { StudioError } from '../../errors.ts';
import { MISSING_CODE, TableSet } from '../../store/tables.ts';
import { orderOfNumbers, orderOfTexts, ranksOf, textKey } from '../../tables/order.ts';
import type { Questions } from './protocol.ts';

/** Texts are held in memory while they are sorted. */
const MOST_TEXTS = 1_000_000;
const PIECE = 16_384;

/** Throws StudioError: table_sort_too_long. */
export async function tableOrder({ table, column }: Questions['order']['ask']): Promise<Uint32Array> {
  const set = await TableSet.open(table);
  try {
    const { type, name } = set.schema.columns[column]!;
    if (type === 'text') {
      if (set.rows > MOST_TEXTS) throw new StudioError('table_sort_too_long', { column: name, limit: MOST_TEXTS });
      const keys: (string | null)[] = [];
      for (let from = 0; from < set.rows; from += PIECE) {
        const values = await set.values(column, from, Math.min(set.rows, from + PIECE));
        if (values.type === 'text') for (const text of values.texts) keys.push(text === null ? null : textKey(text));
      }
      return orderOfTexts(keys);
    }
    const values = await set.values(column);
    if (values.type === 'categorical') {
      const ranks = ranksOf(await set.dictionary(column));
      return orderOfNumbers(Float64Array.from(values.codes, (code) => (code === MISSING_CODE ? Number.NaN : ranks[code]!)));
    }
    return orderOfNumbers((values as { numbers: Float64Array }).numbers);
  } finally {
    await set.close();
  }
}
