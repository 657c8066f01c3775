/** Between the daemon and the process that writes the label files of one download. It sends files in batches, and the next when the daemon has taken the last. */
import type { FormatName } from '../../labels/annotation.ts';
import type { LabelProblem } from '../../labels/problems.ts';

export interface LabelFilesOrder {
  /** Folders of a picture set and of its labels. */
  dataset: string;
  labels: string;
  format: FormatName;
  problem: LabelProblem;
}

/** A file, or where `more` the next part of one whose other parts follow. */
export interface Piece {
  name: string;
  content: Uint8Array;
  more: boolean;
}

/** `ready`: both sets are open, whatever becomes of their folders. `failed`: for the log. Each `files` is answered with TAKEN. */
export type LabelFilesMessage = { type: 'ready' } | { type: 'files'; pieces: Piece[] } | { type: 'end' } | { type: 'failed'; error: string };

export const TAKEN = 'taken';
