/** The job that reads a file of weights that somebody brought, and keeps what fits one of our architectures under our names. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { safetensorsPieces } from '../engine/safetensors.ts';
import type { Tensor } from '../engine/tensor.ts';
import { StudioError } from '../errors.ts';
import type { WeightsReport } from '../http/weights-schemas.ts';
import { writeDurably } from '../store/durable.ts';
import { WeightsError, type WeightsFile } from '../weights/file.ts';
import { bestMatch, type Match } from '../weights/match.ts';
import { largestOnnx, openWeights } from '../weights/open.ts';
import type { JobEnd, JobHost } from './job.ts';
import type { WeightsSpec } from './protocol.ts';

/** Less of an architecture's tensors than this are no weights of it. */
const ENOUGH = 0.5;
const LISTED = 200;
const MB = 2 ** 20;
/** Of a name that somebody else chose. */
const LONGEST_NAME = 200;

/** Throws StudioError weights_…. */
export async function importWeights(spec: WeightsSpec, host: JobHost): Promise<JobEnd> {
  await rm(host.out, { recursive: true, force: true });
  const explained = explains(spec);
  const file = await openWeights(spec.file, spec.memoryMb * MB).catch(explained);
  try {
    const match = await bestMatch(file.tensors, () => breathe());
    const total = match.matched.size + match.missing.length + match.misshapen.length;
    host.log(
      'info',
      `${file.format}, ${file.tensors.size} tensors; best as ${match.architecture}: ${match.matched.size} of ${total}`,
      `${file.format}, 텐서 ${file.tensors.size}개; 가장 잘 맞는 구조는 ${match.architecture}: ${total}개 중 ${match.matched.size}개`,
    );
    if (match.matched.size < ENOUGH * total) {
      throw new StudioError(
        file.format === 'onnx' ? 'weights_onnx_no_match' : 'weights_no_match',
        { name: match.architecture, matched: match.matched.size, total },
        [...file.tensors.keys()].slice(0, 20).join(', '),
      );
    }
    const tensors = new Map<string, Tensor>();
    for (const [name, { tensor }] of match.matched) {
      if (host.stopping) return 'stopped';
      const data = await tensor.values().catch(explained);
      if (!data.every(Number.isFinite)) throw new StudioError('weights_not_finite', { name: name.slice(0, LONGEST_NAME) });
      // A 1×1 convolution that stands for a linear layer loses its two ones.
      const shape = match.flat.has(name) ? tensor.shape.slice(0, 2) : tensor.shape;
      tensors.set(name, { dtype: 'float32', shape: [...shape], data });
      host.progress({ phase: 'unpack', done: tensors.size, total: match.matched.size, rate: null, remainingSeconds: null });
    }
    await mkdir(host.out, { recursive: true });
    await writeDurably(join(host.out, 'weights.safetensors'), safetensorsPieces(tensors, { architecture: match.architecture }));
    await writeDurably(join(host.out, 'weights.json'), `${JSON.stringify(reportOf(file, match, total))}\n`);
    return 'succeeded';
  } finally {
    await file.close();
  }
}

const explains =
  (spec: WeightsSpec) =>
  (error: unknown): never => {
    if (!(error instanceof WeightsError)) throw error;
    switch (error.code) {
      case 'damaged':
        throw new StudioError('weights_damaged', {}, error.message);
      case 'foreign':
        if (error.refused !== null) throw new StudioError('weights_foreign', { name: short(error.refused) });
        throw new StudioError('weights_no_tensors', {}, error.message);
      case 'type':
        throw new StudioError('weights_type', {}, error.message);
      case 'unknown':
        throw new StudioError('weights_unknown', {}, error.message);
      case 'large':
        throw new StudioError('weights_onnx_large', { limitMb: Math.floor(largestOnnx(spec.memoryMb * MB) / MB) }, error.message);
    }
  };

const short = (name: string) => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name);
const listed = (names: readonly string[]) => ({ count: names.length, first: names.slice(0, LISTED).map(short) });

function reportOf({ format }: WeightsFile, { architecture, classes, matched, missing, unexpected, misshapen }: Match, total: number): WeightsReport {
  const renamed = [...matched].filter(([to, { from }]) => from !== to).map(([to, { from }]) => ({ from: short(from), to }));
  return {
    format,
    architecture,
    classes,
    total,
    matched: matched.size,
    renamed: { count: renamed.length, first: renamed.slice(0, LISTED) },
    missing: listed(missing),
    unexpected: listed(unexpected),
    misshapen: misshapen.slice(0, LISTED).map(({ name, expected, found }) => ({ name, expected: [...expected], found: [...found] })),
  };
}
