/** What every training of the train job begins with: the batch, the trainer, and what its checkpoints depend on. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { blueprint, initialWeights } from '../engine/model.ts';
import { decodeSafetensors } from '../engine/safetensors.ts';
import type { Tensor } from '../engine/tensor.ts';
import { createTrainer, type StepInput, type Trainer } from '../engine/trainer.ts';
import { StudioError } from '../errors.ts';
import type { Example } from '../learn/batches.ts';
import { complete, trainerOptions } from '../learn/recipe.ts';
import { sizeProblem } from '../learn/sizes.ts';
import type { PictureSet } from '../store/pictures.ts';
import { architectures, isArchitecture } from '../zoo/architectures.ts';
import { onDevice } from './device.ts';
import { isShortage } from './failure.ts';
import type { JobHost } from './job.ts';
import type { TrainSpec } from './protocol.ts';

/** Of ImageNet's pixels, as torchvision's classifiers are normalised; pretrained weights expect them. */
export const MEAN = [0.485, 0.456, 0.406] as const;
export const STD = [0.229, 0.224, 0.225] as const;
/** Share of the job's memory that decoded pictures may take. */
export const PIXELS_SHARE = 0.35;

/** The batch that a training of so many pictures is given. */
export function batchFor(spec: TrainSpec, pictures: number, host: JobHost): number {
  const wanted = spec.parameters.batch_size;
  if (wanted > pictures)
    host.log(
      'warning',
      `batch_size ${wanted} is more than the ${pictures} training pictures; ${pictures} is used`,
      `batch_size는 학습 이미지 수를 넘을 수 없어 ${wanted} 대신 ${pictures}장씩 학습합니다`,
    );
  if (wanted === 1)
    host.log(
      'warning',
      'batch_size 1: batch normalisation has little to go by; 8 or more is better',
      'batch_size가 1이면 학습이 불안정합니다. 8 이상이 좋습니다',
    );
  return Math.min(wanted, pictures);
}

/**
 * The weights of `spec.start`; what it does not have, or has in another shape (the head of other classes), is drawn from the seed. Throws StudioError
 * start_missing, start_unreadable, and ShapeError where the size is too small for the algorithm.
 */
async function startingWeights({ start, algorithm, classes, parameters, split }: TrainSpec, host: JobHost): Promise<Map<string, Tensor> | undefined> {
  if (start === undefined || !isArchitecture(algorithm)) return undefined;
  const file = await readFile(start.file).catch((error: Error) => {
    throw new StudioError('start_missing', { name: start.name }, error.message);
  });
  let tensors: Map<string, Tensor>;
  try {
    ({ tensors } = decodeSafetensors(file));
  } catch (error) {
    if (isShortage(error)) throw error;
    throw new StudioError('start_unreadable', { name: start.name }, (error as Error).message);
  }
  const weights = initialWeights(blueprint(architectures[algorithm], classes.length, parameters.input_size).parameters, split.seed);
  const fresh: string[] = [];
  for (const [name, { dtype, shape }] of weights) {
    const given = tensors.get(name);
    if (given?.dtype === dtype && given.shape.length === shape.length && given.shape.every((size, axis) => size === shape[axis])) weights.set(name, given);
    else fresh.push(name);
  }
  host.log(
    'info',
    `begins with ${start.name}: ${weights.size - fresh.length} of ${weights.size} tensors${fresh.length === 0 ? '' : `; anew: ${fresh.slice(0, 20).join(', ')}`}`,
    `${start.name}에서 시작합니다: 텐서 ${weights.size}개 중 ${weights.size - fresh.length}개${fresh.length === 0 ? '' : `; 새로 시작: ${fresh.slice(0, 20).join(', ')}`}`,
  );
  return weights;
}

/**
 * A GPU takes the memory for what lies between the layers when it first runs, not when a program is compiled: steps at a rate of 0 and an evaluation show
 * whether it has it. The trainer is afterwards as it was before.
 */
export async function rehearse(trainer: Trainer, batch: number, size: number): Promise<void> {
  const step = { images: new Uint8Array(batch * size * size * 3), labels: new Int32Array(batch), learningRate: 0 };
  const before = await trainer.state();
  await trainer.steps(new Array<StepInput>(trainer.stepsAtOnce).fill(step));
  await trainer.evaluate(step.images, step.labels, batch);
  trainer.load(before);
}

/** `examples`: those that are learned from. */
export async function makeTrainer(spec: TrainSpec, batch: number, examples: readonly Example[], host: JobHost): Promise<Trainer> {
  const { algorithm, parameters, classes, threads, split } = spec;
  if (!isArchitecture(algorithm)) throw new StudioError('algorithm_unknown', { name: algorithm });
  const size = parameters.input_size;
  const recipe = complete(parameters);
  try {
    const weights = await startingWeights(spec, host);
    const options = {
      model: architectures[algorithm],
      classes: classes.length,
      size,
      batch,
      ...trainerOptions(recipe, countsOf(examples, classes.length)),
      mean: MEAN,
      std: STD,
      threads,
      seed: split.seed,
      ...(weights === undefined ? {} : { weights }),
    } as const;
    return await onDevice(spec, host, async (place) => {
      const trainer = await createTrainer({ ...options, ...place });
      if (place.device === 'cpu') return trainer;
      try {
        await rehearse(trainer, batch, size);
        return trainer;
      } catch (error) {
        // What is told is why it failed, not what that has left behind.
        await trainer.close().catch(() => {});
        throw error;
      }
    });
  } catch (error) {
    if ((error as Error).name === 'ShapeError') throw sizeProblem(algorithm, size, batch, recipe.freeze_stages) ?? error;
    throw error;
  }
}

function countsOf(examples: readonly Example[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const { label } of examples) counts[label]! += 1;
  return counts;
}

/** Of everything that the weights depend on, but for the device and the number of threads (which change the last bits only). */
export function fingerprint(spec: TrainSpec, set: PictureSet, examples: readonly Example[], batch: number): string {
  const { classes, algorithm, parameters, split, start } = spec;
  const hash = createHash('sha256').update(
    JSON.stringify({ classes, algorithm, parameters, split, batch, ...(start === undefined ? {} : { start: start.key }) }),
  );
  for (const { n, label } of examples) hash.update(`${set.items[n]!.sha256} ${label}\n`);
  return hash.digest('hex');
}
