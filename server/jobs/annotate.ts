/** The job that proposes labels for pictures of an annotation task. */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { InferenceModel } from '../engine/inference.ts';
import { StudioError } from '../errors.ts';
import { Pixels } from '../learn/batches.ts';
import { largest } from '../learn/classification.ts';
import { writeDurably } from '../store/durable.ts';
import { PictureSet } from '../store/pictures.ts';
import { learnDefault } from './default-model.ts';
import { judge, openClassifier } from './infer.ts';
import type { JobEnd, JobHost } from './job.ts';
import { Meter } from './meter.ts';
import type { AnnotateOutcome, AnnotateSpec, DefaultExamples, ProposedLine } from './protocol.ts';

/** Throws StudioError: dataset_unreadable, model_unreadable. A stopped job leaves what it has proposed. */
export async function annotate(spec: AnnotateSpec, host: JobHost): Promise<JobEnd> {
  await rm(host.out, { recursive: true, force: true });
  await mkdir(host.out, { recursive: true });
  const numbers = await readJson<number[]>(join(host.dir, 'numbers.json'));
  const set = await PictureSet.open(spec.dataset).catch((error: Error) => {
    throw new StudioError('dataset_unreadable', {}, error.message);
  });
  let model: InferenceModel | undefined;
  try {
    let classes: string[];
    let accuracy: number | null = null;
    if (spec.model.kind === 'file') ({ model, classes } = await openClassifier({ ...spec, model: spec.model.file }, host));
    else {
      const examples = await readJson<DefaultExamples>(join(host.dir, 'examples.json'));
      const learned = await learnDefault(spec, examples, set, host);
      if (learned === null) return 'stopped';
      ({ classes } = examples);
      ({ model, accuracy } = learned);
    }
    const count = await propose(model, classes.length, set, numbers, host);
    await writeDurably(join(host.out, 'result.json'), `${JSON.stringify({ classes, count, accuracy } satisfies AnnotateOutcome)}\n`);
    host.log('info', `${count} of ${numbers.length} pictures judged`, `이미지 ${numbers.length}장 중 ${count}장을 판정했습니다`);
    return count < numbers.length ? 'stopped' : 'succeeded';
  } finally {
    await model?.close();
    await set.close();
  }
}

async function propose(model: InferenceModel, classes: number, set: PictureSet, numbers: readonly number[], host: JobHost): Promise<number> {
  const meter = new Meter(host, 'infer', numbers.length);
  const pixels = new Pixels(set, model.size, Number.POSITIVE_INFINITY, 0);
  const known = numbers.filter((n) => set.items[n] !== undefined);
  const file = await open(join(host.out, 'proposals.jsonl'), 'wx');
  let count = 0;
  try {
    for await (const scores of judge(model, pixels, known)) {
      const filled = scores.length / classes;
      const lines: string[] = [];
      for (let at = 0; at < filled; at++, count++) {
        const label = largest(scores, at * classes, classes);
        const line: ProposedLine = {
          n: known[count]!,
          label,
          score: rounded(scores[at * classes + label]!),
          uncertainty: rounded(uncertainty(scores.subarray(at * classes, (at + 1) * classes))),
        };
        lines.push(`${JSON.stringify(line)}\n`);
      }
      await file.appendFile(lines.join(''));
      meter.advance(filled);
      if (host.stopping) break;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return count;
}

/** Entropy over its maximum: 0 where one class has it all, 1 where all are equal. */
export function uncertainty(scores: ArrayLike<number>): number {
  if (scores.length < 2) return 0;
  let entropy = 0;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > 0) entropy -= scores[i]! * Math.log(scores[i]!);
  return Math.min(1, Math.max(0, entropy / Math.log(scores.length)));
}

const rounded = (value: number) => Math.round(value * 1e4) / 1e4;
const readJson = async <T>(file: string): Promise<T> => JSON.parse(await readFile(file, 'utf8')) as T;
