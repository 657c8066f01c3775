/** Save Results: a zip with the predictions as CSV (for Excel) and JSON, made while it is sent. */
import { type PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { csvCell } from '../../formulas.ts';
import type { Inference } from '../../http/schemas.ts';
import type { PredictionLine } from '../../jobs/protocol.ts';
import { readJournal } from '../../store/journal.ts';
import { caption } from './predictions.ts';

const ROWS_AT_ONCE = 200;

/** Guarded, because a picture may be named by anyone. */
const row = (values: readonly (string | number)[]) => `${values.map((value) => (typeof value === 'number' ? String(value) : csvCell(value))).join(',')}\r\n`;

async function* csv(file: string, classes: readonly string[]): AsyncGenerator<string> {
  // The mark at the beginning tells Excel that this is UTF-8.
  let text = `\uFEFF${row(['filename', 'result', 'predicted', 'score', 'label', 'correct', ...classes.map((name) => `score ${name}`)])}`;
  let rows = 0;
  for await (const line of readJournal<PredictionLine>(file)) {
    const name = classes[line.predicted] ?? '';
    const truth = line.truth === null ? '' : (classes[line.truth] ?? '');
    const correct = line.truth === null ? '' : line.truth === line.predicted ? 'yes' : 'no';
    text += row([line.name, caption(name, line.score, line.name), name, line.score, truth, correct, ...line.scores]);
    rows += 1;
    if (rows % ROWS_AT_ONCE === 0) {
      yield text;
      text = '';
    }
  }
  yield text;
}

async function* json(file: string, inference: Inference): AsyncGenerator<string> {
  const { classes } = inference;
  const about = {
    model: inference.experimentName,
    data: inference.sourceName,
    createdAt: inference.createdAt,
    finishedAt: inference.finishedAt,
    classes,
    count: inference.count,
    perClass: inference.perClass,
    accuracy: inference.accuracy,
  };
  let text = `${JSON.stringify(about, null, 1).slice(0, -2)},\n "predictions": [`;
  let rows = 0;
  for await (const line of readJournal<PredictionLine>(file)) {
    const predicted = classes[line.predicted] ?? '';
    const entry = {
      filename: line.name,
      result: caption(predicted, line.score, line.name),
      predicted,
      score: line.score,
      label: line.truth === null ? null : (classes[line.truth] ?? null),
      scores: line.scores,
    };
    text += `${rows === 0 ? '' : ','}\n  ${JSON.stringify(entry)}`;
    rows += 1;
    if (rows % ROWS_AT_ONCE === 0) {
      yield text;
      text = '';
    }
  }
  yield `${text}\n ]\n}\n`;
}

/** A stream of the zip. It breaks off where the predictions cannot be read to their end. */
export function resultsZip(file: string, inference: Inference): Readable {
  const zip = new ZipFile();
  const output = zip.outputStream as PassThrough;
  // Whoever reads it is told; until somebody does an error must not be one that nobody hears.
  output.on('error', () => {});
  const lazily = (name: string, text: () => AsyncGenerator<string>) =>
    zip.addReadStreamLazy(name, { mtime: new Date(inference.finishedAt ?? inference.createdAt) }, (done) => {
      const stream = Readable.from(text(), { objectMode: false });
      // yazl minds neither.
      stream.on('error', (error) => output.destroy(error));
      output.once('close', () => stream.destroy());
      done(null, stream);
    });
  lazily('results.csv', () => csv(file, inference.classes));
  lazily('results.json', () => json(file, inference));
  zip.end();
  return output;
}
