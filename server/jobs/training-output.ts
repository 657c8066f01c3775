/** JOBDIR/out of a training: weights, model and result. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { safetensorsPieces } from '../engine/safetensors.ts';
import type { Trainer } from '../engine/trainer.ts';
import type { TrainResult } from '../http/schemas.ts';
import { writeDurably } from '../store/durable.ts';
import type { JobHost } from './job.ts';
import type { TrainSpec } from './protocol.ts';

/** The model as it is in the trainer, and what is told of it. The result comes last: with it, all is there. */
export async function writeOut(spec: TrainSpec, host: JobHost, trainer: Trainer, result: TrainResult, counts: Record<string, number>): Promise<void> {
  await mkdir(host.out, { recursive: true });
  host.progress({ phase: 'export', done: 0, total: 1, rate: null, remainingSeconds: null });
  await writeDurably(join(host.out, 'weights.safetensors'), safetensorsPieces(await trainer.weights()));
  await writeDurably(join(host.out, 'model.onnx'), await trainer.exportOnnx(await metadata(spec, counts, result)));
  await writeDurably(join(host.out, 'result.json'), `${JSON.stringify(result)}\n`);
}

/** What a model tells of itself, all as text; lists as JSON. */
async function metadata(
  spec: TrainSpec,
  counts: Record<string, number>,
  { evaluation, bestEpoch, crossValidation }: TrainResult,
): Promise<Record<string, string>> {
  const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  return {
    ...spec.about,
    task: 'classification',
    classes: JSON.stringify(spec.classes),
    input_size: String(spec.parameters.input_size),
    input: 'images: float32 RGB [n,3,height,width], 0..255; normalisation is inside',
    resize: 'stretch',
    algorithm: spec.algorithm,
    parameters: JSON.stringify(spec.parameters),
    split: JSON.stringify({ ...spec.split, counts }),
    evaluation: JSON.stringify(evaluation),
    ...(crossValidation === undefined ? {} : { cross_validation: JSON.stringify(crossValidation) }),
    best_epoch: String(bestEpoch),
    ai_studio_version: version,
    created: new Date().toISOString(),
  };
}
