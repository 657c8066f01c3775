/**
 * The plug is pulled: kill -9 of everything in the middle of a Run, an AutoML and an HPO. Each goes on by itself, its epochs have no gap and no double, and
 * what it comes to is bit by bit what it is without a power cut.
 */
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EpochRow, Experiment, ExperimentDetails, Job, JobEvent, RunConfig } from '../../http/schemas.ts';
import type { Hpo, HpoRequest, TrialDetails } from '../../http/training-schemas.ts';
import { isOver, openWorkshop, PARAMETERS, PRESET, SPLIT, type Workshop } from '../studio.fixture.ts';

const test = suite('power cut');
let w: Workshop;
test.before(async () => {
  // One training after another: which of two ends first is chance.
  w = await openWorkshop('--set', 'box.cores=1', '--set', 'hpo.max_trials=3', '--set', 'queue.stop_grace_seconds=2');
});
test.after(() => w.daemon.remove());

const EPOCHS = 4;
const CONFIG: RunConfig = { split: SPLIT, algorithm: 'smallnet', parameters: { ...PARAMETERS, epoch: EPOCHS, augment: true }, preset: PRESET };
const { algorithm, parameters, split, preset } = CONFIG;
const SEARCH: HpoRequest = {
  ...CONFIG,
  search: { learning_rate: { low: 0.001, high: 0.1, log: true } },
  settings: { maxTrialCount: 3, parallelTrialCount: 1, maxFailedTrialCount: 1 },
  sampler: 'tpe',
  stopping: 'none',
  objective: { metric: 'validation_accuracy', type: 'maximize', goal: 1 },
  additionalMetrics: [],
};

/** Starts something of a draft; with `cut` the daemon and its workers die when `ready`, and come back. */
async function begin(path: string, body: object, cut: ((id: number) => Promise<unknown>) | null): Promise<number> {
  const { id } = await w.draft();
  await w.dev.ok('POST', `/api/experiments/${id}/${path}`, body);
  if (cut !== null) {
    await cut(id);
    await w.daemon.end('SIGKILL');
    await w.restart();
  }
  return id;
}

/** Waits for the first epoch of a running job of this experiment. */
const firstEpoch = async (id: number, kind: Job['kind']) => {
  const ours = (one: Job) => one.kind === kind && one.subjectId === id;
  const jobs = await w.dev.until<Job[]>('/api/jobs', (all) => all.some(ours));
  await w.dev.until<JobEvent[]>(`/api/jobs/${jobs.find(ours)!.id}/events`, (events) => events.some(({ type }) => type === 'epoch'));
};
const finished = (id: number) => w.dev.until<ExperimentDetails>(`/api/experiments/${id}`, ({ experiment }) => isOver(experiment));
const weights = (jobId: number) => readFileSync(join(w.daemon.data, 'jobs', String(jobId), 'out/weights.safetensors'));

/** Everything but the time. */
const told = (rows: readonly EpochRow[]) => rows.map(({ seconds: _, ...row }) => row);
function same(one: { jobId: number; epochs: readonly EpochRow[] }, other: { jobId: number; epochs: readonly EpochRow[] }): void {
  assert.equal(
    one.epochs.map(({ epoch }) => epoch),
    Array.from({ length: EPOCHS }, (_, i) => i + 1),
    'no gap, no double',
  );
  assert.equal(told(one.epochs), told(other.epochs));
  assert.ok(weights(one.jobId).equals(weights(other.jobId)), 'bit-equal');
}
const ran = ({ experiment, epochs }: ExperimentDetails) => {
  assert.is(experiment.status, 'succeeded', JSON.stringify(experiment.failure));
  return { jobId: experiment.jobId!, epochs };
};

let whole: { jobId: number; epochs: readonly EpochRow[] };

test('a Run', async () => {
  whole = ran(await finished(await begin('run', CONFIG, null)));
  same(ran(await finished(await begin('run', CONFIG, (id) => firstEpoch(id, 'train')))), whole);
});

test('an AutoML', async () => {
  const algorithms = [
    { name: algorithm, parameters },
    { name: 'mobilenet_v3_small', parameters: { ...parameters, epoch: 1 } },
  ];
  const id = await begin('automl', { algorithms, split, preset }, (first) => firstEpoch(first, 'train'));
  const all = await w.dev.ok<Experiment[]>('GET', `/api/projects/${w.project.id}/experiments`);
  const group = all.filter(({ automlGroup }) => automlGroup === id);
  assert.is(group.length, 2);
  for (const one of group) assert.is((await finished(one.id)).experiment.status, 'succeeded');
  same(ran(await finished(id)), whole);
});

test('an HPO: the same trials, each with the same result', async () => {
  const settled = (id: number) => w.dev.until<Hpo>(`/api/experiments/${id}/hpo`, (hpo) => hpo.settled);
  const trials = async (id: number) => {
    const { trials: rows } = await settled(id);
    return Promise.all(rows.map(({ trial }) => w.dev.ok<TrialDetails>('GET', `/api/experiments/${id}/hpo/trials/${trial}`)));
  };
  const uncut = await trials(await begin('hpo', SEARCH, null));
  const cut = await trials(
    await begin('hpo', SEARCH, async (id) => {
      await w.dev.until<Hpo>(`/api/experiments/${id}/hpo`, (hpo) => (hpo.trials[1]?.epoch ?? 0) > 0);
    }),
  );
  assert.is(uncut.length, 3);
  assert.equal(
    cut.map(({ trial }) => [trial.parameters, trial.state, trial.value]),
    uncut.map(({ trial }) => [trial.parameters, trial.state, trial.value]),
  );
  for (const [i, { trial, epochs }] of cut.entries()) {
    same({ jobId: trial.jobId!, epochs }, { jobId: uncut[i]!.trial.jobId!, epochs: uncut[i]!.epochs });
  }
});

test('a Run that is stopped while its worker is stuck has the model of its last epochs, and no checkpoint takes room behind its end', async () => {
  const { id } = await w.draft();
  await w.dev.ok('POST', `/api/experiments/${id}/run`, { ...CONFIG, parameters: { ...parameters, epoch: 10_000 } });
  await firstEpoch(id, 'train');
  const { jobId } = (await w.dev.ok<ExperimentDetails>('GET', `/api/experiments/${id}`)).experiment;
  const job = join(w.daemon.data, 'jobs', String(jobId));
  process.kill(Number.parseInt(readFileSync(join(job, 'worker.pid'), 'utf8'), 10), 'SIGSTOP');
  assert.ok(existsSync(join(job, 'checkpoint')));
  await w.dev.ok('POST', `/api/experiments/${id}/stop`);
  const { experiment, result } = await finished(id);
  assert.equal([experiment.status, experiment.usable, experiment.failure], ['aborted', true, null]);
  assert.ok(result!.epochs > 0);
  await w.dev.until<Job>(`/api/jobs/${jobId}`, ({ state }) => state === 'stopped');
  assert.equal(
    readdirSync(join(w.daemon.data, 'jobs')).filter((name) => existsSync(join(w.daemon.data, 'jobs', name, 'checkpoint'))),
    [],
  );
});

test('experiments that say that they run, and whose jobs are over, are over when the daemon has started', async () => {
  const all = await w.dev.ok<Experiment[]>('GET', `/api/projects/${w.project.id}/experiments`);
  const ended = ['succeeded', 'aborted'].map((status) => all.find((one) => one.status === status && one.mode === 'run')!);
  await w.daemon.end('SIGKILL');
  // The start of a job told last, behind its end: once with the time of the end, once without.
  for (const [i, { id }] of ended.entries()) {
    const file = join(w.daemon.data, 'db/experiments', `${id}.json`);
    const stored = JSON.parse(readFileSync(file, 'utf8')) as Experiment;
    writeFileSync(file, JSON.stringify({ ...stored, status: 'running', usable: false, finishedAt: i === 0 ? stored.finishedAt : null }));
  }
  await w.restart();
  for (const [i, { id, status, finishedAt }] of ended.entries()) {
    const { experiment } = await w.dev.ok<ExperimentDetails>('GET', `/api/experiments/${id}`);
    assert.equal([experiment.status, experiment.usable], [status, true]);
    assert.ok(i === 0 ? experiment.finishedAt === finishedAt : experiment.finishedAt !== null);
  }
});

test('the damaged log of a trial keeps the box from nothing; a deletion that was cut is brought to its end', async () => {
  const { id } = await w.draft();
  await w.dev.ok('POST', `/api/experiments/${id}/hpo`, { ...SEARCH, parameters: { ...parameters, epoch: 1000 } });
  await firstEpoch(id, 'trial');
  const [trial] = await w.dev.ok<Job[]>('GET', '/api/jobs?state=running');
  await w.daemon.end('SIGKILL');
  appendFileSync(join(w.daemon.data, 'jobs', String(trial!.id), 'events.jsonl'), 'rubbish\n{}\n');
  await w.restart();
  assert.is((await finished(id)).experiment.failure?.code, 'hpo_too_many_failed');

  const kept = (path: string) => readdirSync(join(w.daemon.data, path)).filter((name) => name !== 'sequence.json');
  // The record of the search goes first, then that of the project; the plug is pulled behind each.
  await w.daemon.end('SIGKILL');
  rmSync(join(w.daemon.data, 'db/experiments', `${id}.json`));
  await w.restart();
  assert.not.ok(kept('studies').includes(String(id)));
  const left = await w.dev.ok<Job[]>('GET', '/api/jobs');
  assert.not.ok(left.some((job) => job.kind === 'trial' && job.subjectId === id));
  assert.equal(kept('jobs').map(Number).sort(), left.map((job) => job.id).sort());
  await w.daemon.end('SIGKILL');
  rmSync(join(w.daemon.data, 'db/projects', `${w.project.id}.json`));
  await w.restart();
  for (const path of ['jobs', 'studies', 'datasets', 'db/jobs', 'db/experiments', 'db/datasets']) assert.equal(kept(path), [], path);
});

test.run();
