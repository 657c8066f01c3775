/** What formats would lose of a set's labels, told by their writers. */
import { lossesOf } from '../../labels/losses.ts';
import type { Losses } from '../../labels/report.ts';
import type { Questions } from './protocol.ts';

export async function formatLosses({ forms, classes, formats, problem }: Questions['losses']['ask']): Promise<Losses[]> {
  const all: Losses[] = [];
  for (const format of formats) all.push(await lossesOf(forms, classes, format, problem));
  return all;
}
