import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PresetSetting, PresetSettings } from '../../http/preset-schemas.ts';
import type { ErrorReply, Experiment, ExperimentDetails, Job, JobEvent } from '../../http/schemas.ts';
import type { Hpo, HpoOptions, HpoPictures, HpoRequest, TrialDetails } from '../../http/training-schemas.ts';
import { openWorkshop, PARAMETERS, PRESET, SPLIT, type Workshop } from '../studio.fixture.ts';

const test = suite('HPO');
let w: Workshop;
/** While there is such a file, the journals whose path holds its text cannot be written. */
const outside = mkdtempSync(join(tmpdir(), 'ai-studio-full-'));
const full = join(outside, 'full');
const usual = process.env.NODE_OPTIONS;
test.before(async () => {
  process.env.FULL_JOURNALS = full;
  process.env.NODE_OPTIONS = `${usual ?? ''} --import=${new URL('../../store/full-journal.fixture.js', import.meta.url).href}`;
  w = await openWorkshop('--set', 'hpo.max_trials=12');
});
test.after(async () => {
  await w.daemon.remove();
  rmSync(outside, { recursive: true, force: true });
});
test.after.each(() => rmSync(full, { force: true }));

const REQUEST: HpoRequest = {
  split: SPLIT,
  algorithm: 'smallnet',
  parameters: PARAMETERS,
  search: { learning_rate: { low: 0.001, high: 0.1, log: true }, batch_size: { choices: [8, 4] } },
  settings: { maxTrialCount: 3, parallelTrialCount: 2, maxFailedTrialCount: 2 },
  sampler: 'tpe',
  stopping: 'none',
  objective: { metric: 'validation_accuracy', type: 'maximize', goal: 10 },
  additionalMetrics: ['train_accuracy'],
  preset: PRESET,
};
const start = async (change: Partial<HpoRequest> = {}) => {
  const { id } = await w.draft();
  return w.dev.ok<Experiment>('POST', `/api/experiments/${id}/hpo`, { ...REQUEST, ...change });
};
const look = (id: number) => w.dev.ok<Hpo>('GET', `/api/experiments/${id}/hpo`);
const lines = (id: number) =>
  readFileSync(join(w.daemon.data, 'studies', String(id), 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; trial: number; resource?: number });

test('what cannot be searched is refused with its reason', async () => {
  const options = await w.dev.ok<HpoOptions>('GET', '/api/hpo');
  assert.equal(options.limits, { maxTrialCount: 12, parallelTrialCount: 10, maxFailedTrialCount: 10 });
  assert.not.ok(options.parameters.some(({ name }) => name === 'epoch'));
  const { id } = await w.draft();
  const refused = async (change: Partial<HpoRequest>) =>
    (await w.dev.call<ErrorReply>('POST', `/api/experiments/${id}/hpo`, { ...REQUEST, ...change })).body.code;
  assert.is(await refused({ search: {} }), 'hpo_nothing_to_search');
  assert.is(await refused({ search: { epoch: { low: 1, high: 3 } } }), 'hpo_parameter_unknown');
  assert.is(await refused({ search: { learning_rate: { low: 0.1, high: 0.01 } } }), 'hpo_range');
  assert.is(await refused({ search: { weight_decay: { low: 0, high: 0.01, log: true } } }), 'hpo_range');
  assert.is(await refused({ search: { batch_size: { choices: [8, 0] } } }), 'hpo_range');
  assert.is(await refused({ search: { augment: { low: 0, high: 1 } } }), 'hpo_range');
  assert.is(await refused({ search: { optimizer: { choices: ['sgd', 'lion'] } } }), 'hpo_range');
  assert.is(await refused({ search: { early_stopping: { low: 0, high: 3 } } }), 'hpo_parameter_unknown');
  assert.is(await refused({ search: { freeze_stages: { low: 0, high: 4 } } }), 'freeze_stages_too_many');
  assert.is(await refused({ algorithm: 'densenet121', search: { input_size: { choices: [64, 24] } } }), 'input_size_too_small');
  assert.is(await refused({ settings: { ...REQUEST.settings, maxTrialCount: 13 } }), 'hpo_limit');
  assert.is(await refused({ split: { ...SPLIT, crossValidation: { folds: 2, final: 'best' } }, stopping: 'asha' }), 'hpo_stopping_folds');
  assert.is(await refused({ preset: 'none' }), 'preset_unknown');
  const { experiment } = await w.dev.ok<ExperimentDetails>('GET', `/api/experiments/${id}`);
  assert.equal([experiment.status, experiment.hpo], ['draft', null]);
});

test('drafts at the start, kill -9 in the middle, Submit, and the model of the trial', async () => {
  const experiment = await start();
  assert.match(experiment.name, /^HPO_\d{8}_\d{6}$/);
  const { id } = experiment;
  const before = await look(id);
  assert.is(before.trials.length, 2);
  assert.ok(before.trials.every(({ name }) => /^hpo-\d{8}-\d{6}-[a-z0-9]{8}$/.test(name)));
  assert.equal(before.trials[0]!.parameters, { learning_rate: 0.01, batch_size: 8 }, 'the form’s own values come first');
  assert.is((await w.dev.call<ErrorReply>('POST', `/api/experiments/${id}/hpo/submit`, { trial: 0 })).status, 409);

  const killedAt = await w.dev.until<Hpo>(`/api/experiments/${id}/hpo`, ({ trials }) => trials.some(({ state }) => state === 'succeeded'));
  await w.daemon.end('SIGKILL');
  // As if it had died between the decision and the queue: a trial that has no training any more is queued again.
  const open = killedAt.trials.find(({ state }) => state === 'draft' || state === 'running');
  if (open !== undefined) rmSync(join(w.daemon.data, 'db/jobs', `${open.jobId}.json`));
  await w.restart();
  const back = await look(id);
  for (const { trial, state, value, metrics } of killedAt.trials) {
    if (state !== 'succeeded') continue;
    const found = back.trials[trial]!;
    assert.equal([found.state, found.value, found.metrics], [state, value, metrics]);
  }
  const done = await w.dev.until<Hpo>(`/api/experiments/${id}/hpo`, ({ settled }) => settled);
  assert.equal(
    done.trials.map(({ state, epoch }) => [state, epoch]),
    Array.from({ length: 3 }, () => ['succeeded', 2]),
  );
  assert.is(done.experiment.status, 'running', 'until somebody submits');
  assert.is((await w.dev.call<ErrorReply>('PATCH', `/api/projects/${w.project.id}`, { status: 'completed' })).body.code, 'project_busy');
  assert.ok(done.canSubmit && done.trials[done.best!]!.canSubmit);
  const finished = lines(id).filter(({ type }) => type === 'finished');
  assert.equal(finished.map(({ trial }) => trial).sort(), [0, 1, 2], 'each once');
  assert.is(new Set(lines(id).flatMap(({ type, trial, resource }) => (type === 'reported' ? [`${trial}.${resource}`] : []))).size, 6);

  const details = await w.dev.ok<TrialDetails>('GET', `/api/experiments/${id}/hpo/trials/1`);
  assert.equal([details.epochs.length, details.parameters.epoch, details.result?.evaluation.validation.accuracy], [2, 2, done.trials[1]!.value]);
  assert.equal(details.parameters.batch_size, done.trials[1]!.parameters.batch_size);
  const pictures = await w.dev.ok<HpoPictures>('GET', `/api/experiments/${id}/hpo/pictures`);
  assert.equal([pictures.history.length, pictures.parallel.lines.length, pictures.slices.map(({ name }) => name)], [3, 3, ['learning_rate', 'batch_size']]);

  const submitted = await w.dev.ok<Experiment>('POST', `/api/experiments/${id}/hpo/submit`, { trial: 1 });
  assert.equal([submitted.status, submitted.usable, submitted.jobId, submitted.hpo?.submitted], ['succeeded', true, details.trial.jobId, 1]);
  assert.equal(submitted.config?.parameters, details.parameters);
  assert.ok(submitted.actions.includes('infer'));
  assert.is((await w.dev.call('GET', `/api/experiments/${id}/model.onnx`)).status, 200);
  const other = done.trials[0]!.jobId!;
  assert.not.ok(existsSync(join(w.daemon.data, 'jobs', String(other), 'out/model.onnx')), 'the models of the others are given up');
  assert.is((await look(id)).trials[1]!.submitted, true);
  assert.is((await w.dev.call<ErrorReply>('POST', `/api/experiments/${id}/hpo/submit`, { trial: 0 })).body.code, 'experiment_refused');
});

test('on a full disk a start is taken back, no trial is lost, and it goes on when there is room', async () => {
  const { id } = await w.draft();
  const request = { ...REQUEST, settings: { maxTrialCount: 2, parallelTrialCount: 1, maxFailedTrialCount: 1 } };
  const start = () => w.dev.call<Experiment & ErrorReply>('POST', `/api/experiments/${id}/hpo`, request);
  writeFileSync(full, '/studies/');
  const refused = await start();
  assert.equal([refused.status, refused.body.code], [507, 'disk_full']);
  const { experiment } = await w.dev.ok<ExperimentDetails>('GET', `/api/experiments/${id}`);
  assert.equal([experiment.status, experiment.mode, experiment.config, experiment.hpo], ['draft', null, null, null]);
  assert.not.ok(existsSync(join(w.daemon.data, 'studies', String(id))));
  rmSync(full);

  assert.is((await start()).status, 200);
  writeFileSync(full, '/studies/');
  /** Its training has said that it is over. */
  const over = async (trial: number) => {
    const { jobId } = (await look(id)).trials[trial]!;
    const events = await w.dev.until<JobEvent[]>(`/api/jobs/${jobId}/events`, (all) => all.some(({ type }) => type === 'end'));
    assert.is(events.find((event) => event.type === 'end')?.state, 'succeeded');
  };
  await over(0);
  assert.is((await w.dev.call<ErrorReply>('POST', `/api/experiments/${id}/stop`)).body.code, 'disk_full');
  rmSync(full);
  await w.dev.until<Hpo>(`/api/experiments/${id}/hpo`, ({ trials }) => trials[1]?.state === 'running');
  writeFileSync(full, '/studies/');
  await over(1);
  await w.daemon.end('SIGKILL');
  rmSync(full);
  await w.restart();
  const { trials, experiment: after } = await w.dev.until<Hpo>(`/api/experiments/${id}/hpo`, ({ settled }) => settled);
  assert.equal(
    [after.status, trials.map(({ state, epoch }) => [state, epoch])],
    [
      'running',
      [
        ['succeeded', 2],
        ['succeeded', 2],
      ],
    ],
  );
  assert.equal(
    lines(id).flatMap(({ type, trial, resource }) => (type === 'reported' ? [`${trial}.${resource}`] : [])),
    ['0.1', '0.2', '1.1', '1.2'],
  );
  assert.is((await w.dev.ok<Experiment>('POST', `/api/experiments/${id}/hpo/submit`, { trial: 0 })).status, 'succeeded');
});

test('Submit ends the trials that are still going on', async () => {
  const { id } = await start({
    settings: { maxTrialCount: 5, parallelTrialCount: 1, maxFailedTrialCount: 1 },
    sampler: 'sobol',
    // So many that the second one goes on while the first is submitted.
    parameters: { ...PARAMETERS, epoch: 40 },
  });
  const going = ({ trials }: Hpo) => trials[0]!.state === 'succeeded' && trials[1]?.state === 'running';
  await w.dev.until<Hpo>(`/api/experiments/${id}/hpo`, going);
  assert.is((await w.dev.call<ErrorReply>('POST', `/api/experiments/${id}/hpo/submit`, { trial: 1 })).body.code, 'hpo_submit_refused');
  const submitted = await w.dev.ok<Experiment>('POST', `/api/experiments/${id}/hpo/submit`, { trial: 0 });
  assert.equal([submitted.status, submitted.hpo?.trials, submitted.hpo?.submitted], ['succeeded', 2, 0]);
  assert.is((await look(id)).trials[1]!.state, 'aborted');
  await w.dev.until<Job[]>('/api/jobs?state=running', (jobs) => jobs.length === 0);
  assert.equal(readdirSync(join(w.daemon.data, 'studies', String(id))), ['events.jsonl']);
});

test('without the goal it fails, stopped it is aborted, and neither has a model', async () => {
  const missed = await start({ objective: { ...REQUEST.objective, goal: 101 }, settings: { maxTrialCount: 1, parallelTrialCount: 1, maxFailedTrialCount: 1 } });
  const { experiment } = await w.dev.until<Hpo>(`/api/experiments/${missed.id}/hpo`, (hpo) => hpo.experiment.status === 'failed');
  assert.equal([experiment.failure?.code, experiment.actions, experiment.usable], ['hpo_goal_not_reached', ['rename', 'delete'], false]);

  const long = await start({ parameters: { ...PARAMETERS, epoch: 10_000 } });
  await w.dev.until<Hpo>(`/api/experiments/${long.id}/hpo`, ({ trials }) => trials.some(({ state }) => state === 'running'));
  assert.is((await w.colleague.call<ErrorReply>('POST', `/api/experiments/${long.id}/stop`)).body.code, 'read_only');
  const stopped = await w.dev.ok<Experiment>('POST', `/api/experiments/${long.id}/stop`);
  assert.equal([stopped.status, stopped.actions], ['aborted', ['rename', 'delete']]);
  assert.ok((await look(long.id)).trials.every(({ state }) => state === 'aborted'));
  await w.dev.until<Job[]>('/api/jobs?state=running', (jobs) => jobs.length === 0);
  await w.dev.until<Job[]>('/api/jobs?state=pending', (jobs) => jobs.length === 0);
  await w.dev.ok('DELETE', `/api/experiments/${long.id}`);
  assert.not.ok(existsSync(join(w.daemon.data, 'studies', String(long.id))));
});

test('trials that cannot be trained make it fail', async () => {
  const wild = { ...PARAMETERS, learning_rate: 10, momentum: 0.9999, epoch: 60, batch_size: 2 };
  const { id } = await start({
    parameters: wild,
    search: { learning_rate: { low: 9, high: 10 } },
    settings: { maxTrialCount: 4, parallelTrialCount: 1, maxFailedTrialCount: 1 },
  });
  const { experiment, trials } = await w.dev.until<Hpo>(`/api/experiments/${id}/hpo`, (hpo) => hpo.experiment.status === 'failed');
  assert.equal([experiment.failure?.code, trials[0]!.failure?.code], ['hpo_too_many_failed', 'training_diverged']);
});

test('ASHA: promoted trials go on from their checkpoints', async () => {
  const { id } = await start({
    stopping: 'asha',
    sampler: 'random',
    parameters: { ...PARAMETERS, epoch: 3 },
    settings: { maxTrialCount: 3, parallelTrialCount: 2, maxFailedTrialCount: 2 },
  });
  const { trials } = await w.dev.until<Hpo>(`/api/experiments/${id}/hpo`, ({ settled }) => settled);
  assert.equal(trials.map(({ state }) => state).sort(), ['pruned', 'pruned', 'succeeded']);
  const winner = trials.find(({ state }) => state === 'succeeded')!;
  const { epochs, result } = await w.dev.ok<TrialDetails>('GET', `/api/experiments/${id}/hpo/trials/${winner.trial}`);
  assert.equal([epochs.map(({ epoch }) => epoch), result?.epochs], [[1, 2, 3], 3]);
  const log = JSON.stringify(await w.dev.ok('GET', `/api/jobs/${winner.jobId}/events`));
  assert.match(log, /going on after epoch 1 of 3/);
  assert.equal(readdirSync(join(w.daemon.data, 'studies', String(id))), ['events.jsonl'], 'checkpoints that nobody needs are gone');
});

test('a trial that early stopping ends before its rung has its model', async () => {
  const { id } = await start({
    stopping: 'asha',
    sampler: 'grid',
    // Six pictures to validate on: the accuracy cannot become better eight times.
    parameters: { ...PARAMETERS, epoch: 9, optimizer: 'adam', early_stopping: 1, early_stopping_on: 'validation_accuracy' },
    search: { optimizer: { choices: ['adam', 'adamw'] } },
    settings: { maxTrialCount: 2, parallelTrialCount: 1, maxFailedTrialCount: 2 },
  });
  const { trials } = await w.dev.until<Hpo>(`/api/experiments/${id}/hpo`, ({ settled }) => settled);
  assert.equal(trials.map(({ parameters }) => parameters.optimizer).sort(), ['adam', 'adamw']);
  const winner = trials.find(({ state }) => state === 'succeeded')!;
  const { result } = await w.dev.ok<TrialDetails>('GET', `/api/experiments/${id}/hpo/trials/${winner.trial}`);
  assert.is(result?.endedEarly, true);
  assert.ok(winner.epoch < 9 && winner.value !== null);
});

test('trials whose GPU is missing wait for it, and say so', async () => {
  const name = 'GPU of yesterday';
  await w.daemon.end();
  writeFileSync(join(w.daemon.data, 'db', 'gpus.json'), JSON.stringify({ gpus: [{ name, memoryMb: 8192 }] }));
  await w.restart();
  const preset: PresetSetting = { name, gpu: name, gpuMemoryMb: 0, cores: 1, memoryMb: 1000 };
  const { presets } = await w.admin.ok<PresetSettings>('GET', '/api/presets/settings');
  const others = presets.map(({ fits: _, gpuMissing: __, uses: ___, ...one }): PresetSetting => one);
  await w.admin.ok('PUT', '/api/presets/settings', { presets: [...others, preset] });
  const { id } = await start({ preset: name });
  const ofIt = (jobs: Job[]) => jobs.filter(({ kind, subjectId }) => kind === 'trial' && subjectId === id);
  const jobs = ofIt(await w.dev.ok<Job[]>('GET', '/api/jobs?state=pending'));
  assert.is(jobs.length, REQUEST.settings.parallelTrialCount);
  for (const { waiting } of jobs) assert.match(waiting!.en, /The GPU that it needs is not there/);
  const { experiment } = await w.dev.ok<ExperimentDetails>('GET', `/api/experiments/${id}`);
  assert.equal([experiment.status, experiment.hpo?.failed], ['pending', 0]);
  await w.dev.ok('POST', `/api/experiments/${id}/stop`);
  await w.dev.until<Job[]>('/api/jobs?state=pending', (left) => ofIt(left).length === 0);
});

test.run();
