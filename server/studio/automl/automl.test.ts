import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Algorithm, ErrorReply, Experiment, ExperimentDetails, Notification } from '../../http/schemas.ts';
import type { AutomlRequest, Leaderboard } from '../../http/training-schemas.ts';
import { suggestedFor } from '../experiments/algorithms.ts';
import { isOver, openWorkshop, PARAMETERS, PRESET, SPLIT, type Workshop } from '../studio.fixture.ts';
import { type Candidate, rank, recommend, standardError } from './leaderboard.ts';

const test = suite('AutoML');
let w: Workshop;
test.before(async () => {
  w = await openWorkshop();
});
test.after(() => w.daemon.remove());

const REQUEST: AutomlRequest = {
  algorithms: [
    { name: 'resnet18', parameters: { ...PARAMETERS, epoch: 1 } },
    { name: 'smallnet', parameters: { ...PARAMETERS, epoch: 1, batch_size: 4 } },
  ],
  split: SPLIT,
  preset: PRESET,
};

test('what suits data and box is suggested', async () => {
  const listed = await w.dev.ok<Algorithm[]>('GET', '/api/algorithms?classes=2&size=64&pictures=30');
  const suggested = listed.filter((algorithm) => algorithm.suggested);
  assert.ok(suggested.length >= 1 && suggested.length <= 4);
  assert.ok(suggested.every(({ parametersM }) => parametersM <= 15));
  const works = [0.1, 0.5, 1, 2, 4, 8, 50];
  const rows = works.map((gflops) => ({ name: `net${gflops}`, gflops, parametersM: 10, defaults: { epoch: 10 } }) as Algorithm);
  const box = { cores: 2, memoryMb: 8000, gpus: [] };
  assert.equal([...suggestedFor(rows, 1000, box)], ['net0.1', 'net0.5', 'net1', 'net2']);
  assert.equal([...suggestedFor(rows, 1_000_000, box)], ['net0.1']);
  assert.equal([...suggestedFor(rows, 100, { ...box, gpus: [{ name: 'RTX', memoryMb: 8000 }] })], ['net0.1', 'net1', 'net4', 'net50']);
  const growing = rows.map((row, i) => ({ ...row, parametersM: 10 * i }));
  assert.equal([...suggestedFor(growing, 300, box)], ['net0.1', 'net0.5']);
  assert.equal([...suggestedFor(growing, 3000, box)], ['net0.1', 'net0.5']);
});

test('what cannot be started leaves the draft alone', async () => {
  const draft = await w.draft();
  const refused = async (change: Partial<AutomlRequest>) =>
    (await w.dev.call<ErrorReply>('POST', `/api/experiments/${draft.id}/automl`, { ...REQUEST, ...change })).body.code;
  assert.is(await refused({ algorithms: [] }), 'invalid_input');
  assert.is(await refused({ algorithms: [REQUEST.algorithms[0]!, REQUEST.algorithms[0]!] }), 'automl_twice');
  assert.is(await refused({ algorithms: [{ ...REQUEST.algorithms[0]!, name: 'resnet9000' }] }), 'algorithm_unknown');
  assert.is(await refused({ split: { ...SPLIT, test: 30 } }), 'split_sum');
  assert.is(await refused({ preset: 'none' }), 'preset_unknown');
  assert.is((await w.colleague.call<ErrorReply>('POST', `/api/experiments/${draft.id}/automl`, REQUEST)).body.code, 'read_only');
  assert.is((await w.dev.call('GET', `/api/experiments/${draft.id}/automl`)).status, 404);
  const { experiment } = await w.dev.ok<ExperimentDetails>('GET', `/api/experiments/${draft.id}`);
  assert.equal([experiment.status, experiment.name, experiment.automlGroup], ['draft', '', null]);
  await w.dev.ok('DELETE', `/api/experiments/${draft.id}`);
});

test('an experiment for each algorithm, killed on the way, and a leaderboard', async () => {
  const draft = await w.draft();
  const [answer, twice] = await Promise.all([
    w.dev.call<Experiment[]>('POST', `/api/experiments/${draft.id}/automl`, REQUEST),
    w.dev.call<ErrorReply>('POST', `/api/experiments/${draft.id}/automl`, REQUEST),
  ]);
  const started = [answer, twice].find(({ status }) => status === 200)!.body as Experiment[];
  assert.equal([answer.status, twice.status].sort(), [200, 409]);
  assert.equal(
    started.map(({ id, mode, automlGroup, config }) => [id === draft.id, mode, automlGroup, config?.algorithm]),
    [
      [true, 'automl', draft.id, 'resnet18'],
      [false, 'automl', draft.id, 'smallnet'],
    ],
  );
  for (const [i, { name }] of started.entries()) assert.match(name, new RegExp(`^AutoML_P${w.project.id}_${i}_\\d{8}_\\d{6}$`));
  assert.is((await w.dev.ok<Leaderboard>('GET', `/api/experiments/${draft.id}/automl`)).recommended, null);

  await w.daemon.end('SIGKILL');
  await w.restart();
  const address = `/api/experiments/${started[1]!.id}/automl`;
  const board = await w.dev.until<Leaderboard>(address, ({ complete }) => complete);
  assert.equal(board.rows.map(({ experiment }) => experiment.id).sort(), started.map(({ id }) => id).sort());
  const listed = await w.dev.ok<Experiment[]>('GET', `/api/projects/${w.project.id}/experiments`);
  assert.is(listed.filter(({ automlGroup }) => automlGroup === draft.id).length, 2);
  for (const { experiment, sizeBytes, parametersM, gflops, inferenceImagesPerSecond, validation, test: tested } of board.rows) {
    assert.is(experiment.status, 'succeeded', JSON.stringify(experiment.failure));
    assert.ok(isOver(experiment) && sizeBytes! > 1e4 && parametersM! > 0.01 && gflops! > 0 && inferenceImagesPerSecond! > 0);
    assert.equal([validation!.count, tested!.count], [6, 6]);
  }
  const told = await w.dev.until<Notification[]>('/api/notifications', (all) => all.some(({ en }) => en.startsWith('The AutoML')));
  assert.is(told.filter(({ en }) => en.startsWith('The AutoML has ended. It recommends')).length, 1);
  const { recommended } = board;
  assert.ok(board.rows.some(({ experiment }) => experiment.id === recommended!.experimentId));
  assert.is(recommended!.reasons.length, 3);
});

const row = (id: number, accuracy: number | null, gflops: number, sizeBytes: number, rate: number | null): Candidate => ({
  experiment: { id, name: `m${id}`, config: { algorithm: `net${id}` } } as Experiment,
  validation: accuracy === null ? null : { accuracy, loss: 1, count: 100 },
  test: null,
  sizeBytes,
  parametersM: 1,
  gflops,
  inferenceImagesPerSecond: rate,
  trainingSeconds: 1,
});

test('the fastest of those that are as good as the best is recommended', () => {
  const rows = rank([row(1, 70, 0.1, 1e6, 900), row(2, null, 1, 1, 1), row(3, 94, 1, 4e6, 300), row(4, 95, 8, 9e6, 100)]);
  assert.equal(
    rows.map(({ experiment }) => experiment.id),
    [4, 3, 1, 2],
  );
  const { experimentId, reasons } = recommend(rows)!;
  assert.is(experimentId, 3);
  assert.match(reasons[0]!.en, /94\.0 % is as good as the highest, 95\.0 % of net4/);
  assert.match(reasons[0]!.ko, /오차 범위/);
  assert.match(reasons[1]!.en, /3\.8 MB, that of net4 8\.6 MB/);
  assert.match(reasons[2]!.en, /3\.0 times as many as net4/);
  assert.is(recommend(rank([row(1, 95, 8, 9e6, 100), row(2, 80, 1, 1e6, 900)]))!.experimentId, 1);
  assert.is(recommend(rank([row(2, null, 1, 1, 1)])), null);
  const worse = recommend(rank([row(1, 95, 8, 1e6, 12_345.6), row(2, 94, 1, 4e6, 10_000)]))!;
  assert.is(worse.experimentId, 1, 'few GFLOPs do not make up for being less accurate, larger and slower');
  assert.match(worse.reasons[2]!.ko, /초당 12,346장/);
  assert.is(recommend(rank([row(1, 95, 8, 1e6, null), row(2, 94, 1, 4e6, 10_000)]))!.experimentId, 2, 'by the work where one was not measured');
  assert.ok(Math.abs(standardError(50, 98) - 5) < 1e-9 && standardError(100, 10) > 5);
});

test.run();
