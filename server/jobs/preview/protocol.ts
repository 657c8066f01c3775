/**
 * What the daemon asks the preview process: short questions about what somebody is looking at just now, answered from memory and never kept by it. The
 * daemon decodes no picture itself.
 */

import type { ErrorCode, ErrorParams } from '../../errors.ts';
import type { Chain, Preview, TableLook } from '../../http/preprocess-schemas.ts';
import type { ClassInfo, FormatName } from '../../labels/annotation.ts';
import type { Form } from '../../labels/forms.ts';
import type { LabelProblem } from '../../labels/problems.ts';
import type { Losses } from '../../labels/report.ts';

export interface Questions {
  /** A small version of an encoded picture that lies in a file. Answer: WebP. */
  thumbnail: { ask: { file: string; offset: number; bytes: number }; answer: Uint8Array };
  /** What a chain makes of the pictures at some places of a set (see PreviewRequest). `labels` is the folder of a label set. */
  chain: { ask: { dataset: string; labels: string | null; chain: Chain; pictures: number[] }; answer: Preview };
  /** What a chain makes of the rows of a table set. */
  table: { ask: { table: string; target: string | null; chain: Chain }; answer: TableLook };
  /** The numbers of a table's rows, ascending by a column; missing values last. */
  order: { ask: { table: string; column: number }; answer: Uint32Array };
  /** What each of some formats would lose of shapes of these forms (see lossesOf). */
  losses: { ask: { forms: readonly Form[]; classes: readonly ClassInfo[]; formats: readonly FormatName[]; problem: LabelProblem }; answer: Losses[] };
}
export type QuestionName = keyof Questions;

export interface Question<K extends QuestionName = QuestionName> {
  id: number;
  name: K;
  ask: Questions[K]['ask'];
}
/** Exactly one of the three; `broken`: something nobody foresaw, for the log. */
export type Answer = { id: number } & ({ answer: unknown } | { error: { code: ErrorCode; params: ErrorParams; details?: string } } | { broken: string });
