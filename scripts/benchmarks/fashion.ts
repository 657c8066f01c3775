/**
 * Real data, the way a user's client goes: pictures of clothes (Debian's dataset-fashion-mnist) are uploaded as a zip of class folders over HTTP, a training is
 * started, and the model labels pictures that it has never seen. One JSON line: test_accuracy (percent of the test part), held_out_accuracy (of --held-out
 * pictures of the data set's own test half, uploaded for inference), train_s and total_s. --train pictures are learned from.
 *
 *     ./scripts/bench fashion [--arch resnet18] [--train 6000] [--held-out 2000] [--epochs 3] [--size 32] [--batch 16] [--rate 0.01]
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Daemon } from '../../server/daemon.fixture.ts';
import type { Dataset, Experiment, ExperimentDetails, Group, Inference, Job, Preset, Project } from '../../server/http/schemas.ts';

const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: 'resnet18' },
    train: { type: 'string', default: '6000' },
    'held-out': { type: 'string', default: '2000' },
    epochs: { type: 'string', default: '3' },
    size: { type: 'string', default: '32' },
    batch: { type: 'string', default: '16' },
    rate: { type: 'string', default: '0.01' },
  },
});
const LIMIT_S = 3600;

const started = performance.now();
const seconds = () => Number(((performance.now() - started) / 1000).toFixed(1));
const folder = await mkdtemp(join(tmpdir(), 'fashion-'));
const zip = async (part: string, count: number) => {
  const path = join(folder, `${part}.zip`);
  execFileSync(process.execPath, [join(dirname(fileURLToPath(import.meta.url)), '../fashion-mnist.js'), `--${part}`, String(count), '--out', path]);
  return readFile(path);
};

const daemon = await Daemon.start();
try {
  const client = await daemon.setUp();
  const [group] = await client.ok<Group[]>('GET', '/api/groups');
  const project = await client.ok<Project>('POST', '/api/projects', {
    name: 'Fashion',
    groupId: group!.id,
    description: '',
    type: 'image',
    model: 'classification',
  });
  // Eighty percent are learned from.
  const uploadId = await client.upload('fashion.zip', await zip('train', Math.round(Number(values.train) / 0.8)));
  const made = await client.ok<Dataset>('POST', `/api/projects/${project.id}/datasets`, { name: 'clothes', description: '', visibility: 'private', uploadId });
  await client.until<Dataset>(`/api/datasets/${made.id}`, ({ status }) => status === 'ready', LIMIT_S);
  const draft = await client.ok<Experiment>('POST', `/api/projects/${project.id}/experiments`, { datasetId: made.id });
  const presets = (await client.ok<Preset[]>('GET', '/api/presets')).filter(({ fits }) => fits);
  const largest = presets.reduce((best, preset) => (preset.cores > best.cores ? preset : best));
  await client.ok('POST', `/api/experiments/${draft.id}/run`, {
    split: { training: 80, validation: 10, test: 10, seed: 42, stratify: true },
    algorithm: values.arch,
    parameters: {
      batch_size: Number(values.batch),
      epoch: Number(values.epochs),
      learning_rate: Number(values.rate),
      momentum: 0.9,
      weight_decay: 0.0005,
      input_size: Number(values.size),
      augment: false,
    },
    preset: largest.name,
  });
  const ended = await client.until<ExperimentDetails>(`/api/experiments/${draft.id}`, ({ job }) => job?.finishedAt != null, LIMIT_S);
  if (ended.experiment.status !== 'succeeded' || ended.result === null) throw new Error(JSON.stringify(ended.experiment.failure));
  const pictures = await client.upload('unseen.zip', await zip('test', Number(values['held-out'])));
  const inference = await client.ok<Inference>('POST', `/api/projects/${project.id}/inferences`, {
    experimentId: draft.id,
    source: { kind: 'upload', uploadId: pictures },
  });
  await client.until<Job>(`/api/jobs/${inference.jobId}`, ({ finishedAt }) => finishedAt !== null, LIMIT_S);
  const { accuracy, count } = await client.until<Inference>(`/api/inferences/${inference.id}`, ({ finishedAt }) => finishedAt !== null, LIMIT_S);
  console.log(
    JSON.stringify({
      bench: 'fashion',
      arch: values.arch,
      size: Number(values.size),
      epochs: ended.result.epochs,
      training_pictures: ended.result.evaluation.training.count,
      test_accuracy: ended.result.evaluation.test?.accuracy,
      held_out: count,
      held_out_accuracy: accuracy,
      train_s: ended.result.seconds,
      train_images_per_s: ended.result.imagesPerSecond,
      total_s: seconds(),
    }),
  );
} finally {
  await daemon.remove();
  await rm(folder, { recursive: true, force: true });
}
