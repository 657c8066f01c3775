import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ErrorReply, Experiment, RunConfig } from '../../http/schemas.ts';
import type { Preflight } from '../../http/training-schemas.ts';
import { openWorkshop, PARAMETERS, PRESET, SPLIT, type Workshop } from '../studio.fixture.ts';

const test = suite('preflight');
let w: Workshop;
let draft: Experiment;
test.before(async () => {
  w = await openWorkshop();
  draft = await w.draft();
});
test.after(() => w.daemon.remove());

const CONFIG: RunConfig = { split: SPLIT, algorithm: 'smallnet', parameters: PARAMETERS, preset: PRESET };
const check = async (config: RunConfig) => {
  const started = await w.dev.ok<Preflight>('POST', `/api/experiments/${draft.id}/preflight`, config);
  assert.is(started.result, null);
  return w.dev.until<Preflight>(`/api/preflights/${started.id}`, ({ state }) => state !== 'pending' && state !== 'running');
};
const codes = ({ result }: Preflight) => result!.warnings.map(({ code }) => code);

test('two real steps tell memory, times and the place in the queue', async () => {
  const { state, failure, result, queue } = await check(CONFIG);
  assert.is(state, 'succeeded', JSON.stringify(failure));
  assert.equal(
    result!.measured.map(({ batchSize }) => batchSize),
    [2, 8],
  );
  assert.equal(result!.counts, { training: 18, validation: 6, test: 6, groups: null });
  assert.ok(result!.fits && result!.memoryMb > 50 && result!.memoryMb < 2048 && result!.memoryLimitMb === 2048 && result!.proposedBatchSize === null);
  assert.is(result!.stepsPerEpoch, 3);
  assert.ok(result!.stepSeconds > 0 && result!.epochSeconds >= 3 * result!.stepSeconds && result!.totalSeconds >= 2 * result!.epochSeconds);
  assert.equal([queue.place, queue.now, codes({ result } as Preflight)], [1, true, []]);
});

test('what is odd is told, and nothing of it hinders the start', async () => {
  const found = await check({
    ...CONFIG,
    parameters: { ...PARAMETERS, batch_size: 64 },
    split: { ...SPLIT, groupPattern: 'nothing{group}here', crossValidation: { folds: 3, final: 'refit' } },
  });
  assert.equal(codes(found), ['preflight_batch_over_set', 'preflight_no_groups']);
  assert.equal(found.result!.counts, { training: 16, validation: 8, test: 6, groups: 0 });
  assert.match(found.result!.warnings[0]!.ko, /batch_size 64/);
  const grouped = await check({ ...CONFIG, split: { ...SPLIT, groupPattern: '{group}_*' } });
  assert.is(grouped.result!.counts.groups, 10);
  assert.equal(codes(grouped), []);
});

test('a batch that does not fit the preset’s memory, and the largest that does', async () => {
  const { result } = await check({ ...CONFIG, algorithm: 'resnet18', parameters: { ...PARAMETERS, input_size: 352, batch_size: 18 } });
  assert.is(result!.fits, false);
  assert.ok(result!.memoryMb > 2048 && result!.measured.at(-1)!.batchSize < 18);
  assert.ok(result!.proposedBatchSize! >= 1 && result!.proposedBatchSize! < 18);
  const [warning] = result!.warnings;
  assert.is(warning!.code, 'preflight_memory');
  assert.match(warning!.en, new RegExp(`Lower batch_size to ${result!.proposedBatchSize}`));
});

test('only for those who may start it, and gone with the experiment', async () => {
  assert.is((await w.colleague.call<ErrorReply>('POST', `/api/experiments/${draft.id}/preflight`, CONFIG)).body.code, 'read_only');
  const refused = await w.dev.call<ErrorReply>('POST', `/api/experiments/${draft.id}/preflight`, { ...CONFIG, preset: 'none' });
  assert.is(refused.body.code, 'preset_unknown');
  const { id } = await w.dev.ok<Preflight>('POST', `/api/experiments/${draft.id}/preflight`, CONFIG);
  await w.dev.until<Preflight>(`/api/preflights/${id}`, ({ state }) => state !== 'pending');
  const { status } = await w.dev.call('DELETE', `/api/experiments/${draft.id}`);
  assert.ok(status === 204 || status === 409);
});

test.run();
