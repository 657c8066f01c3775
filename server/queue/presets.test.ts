/** The administrator's presets: never more than the box, durable, and no surprise for what waits. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PresetSetting, PresetSettings } from '../http/preset-schemas.ts';
import type { ErrorReply, Experiment, ExperimentDetails, Job, Preset, RunConfig } from '../http/schemas.ts';
import { openWorkshop, PARAMETERS, SPLIT, type Workshop } from '../studio/studio.fixture.ts';

const test = suite('presets');
let w: Workshop;
test.before(async () => {
  w = await openWorkshop('--set', 'box.cores=2', '--set', 'box.memory_mb=3000', '--set', 'box.gpus=0');
});
test.after(() => w.daemon.remove());

const SETTINGS = '/api/presets/settings';
const HALF: PresetSetting = { name: 'Half', gpu: '', gpuMemoryMb: 0, cores: 1, memoryMb: 2000 };
const put = (...presets: PresetSetting[]) => w.admin.call<PresetSettings & ErrorReply>('PUT', SETTINGS, { presets });

test('those of appliance.conf are the defaults; only an administrator changes them, and never beyond the box', async () => {
  assert.is((await w.dev.call('GET', SETTINGS)).status, 403);
  assert.is((await w.dev.call('PUT', SETTINGS, { presets: [HALF] })).status, 403);
  const { presets, edited, box } = await w.admin.ok<PresetSettings>('GET', SETTINGS);
  assert.equal(
    [presets.map(({ name, cores, memoryMb }) => [name, cores, memoryMb]), edited],
    [
      [
        ['CPU small', 1, 2048],
        ['CPU all', 0, 0],
      ],
      false,
    ],
  );
  assert.equal(box, { cores: 2, memoryMb: 3000, gpus: [] });
  assert.is((await put()).body.code, 'invalid_input');
  assert.is((await put({ ...HALF, cores: 3 })).body.code, 'preset_over_box');
  assert.is((await put({ ...HALF, memoryMb: 3001 })).body.code, 'preset_over_box');
  assert.is((await put({ ...HALF, gpu: 'any' })).body.code, 'preset_over_box');
  assert.is((await put(HALF, { ...HALF, name: ' Half ' })).body.code, 'preset_name_taken');
  assert.is((await w.admin.ok<PresetSettings>('GET', SETTINGS)).edited, false);
});

test('what waits keeps what it was promised, also over a restart; what is used cannot be taken away', async () => {
  assert.is((await put(HALF)).status, 200);
  assert.equal(
    (await w.dev.ok<Preset[]>('GET', '/api/presets')).map(({ name }) => name),
    ['Half'],
  );
  const run = async (preset: string) => {
    const { id } = await w.draft();
    const config: RunConfig = { split: SPLIT, algorithm: 'smallnet', parameters: { ...PARAMETERS, epoch: 10_000 }, preset };
    return w.dev.call<Experiment & ErrorReply>('POST', `/api/experiments/${id}/run`, config);
  };
  assert.is((await run('CPU small')).body.code, 'preset_unknown');
  const [first, second] = [(await run('Half')).body, (await run('Half')).body];
  await w.dev.until<ExperimentDetails>(`/api/experiments/${first.id}`, ({ experiment }) => experiment.status === 'running');
  assert.is((await put({ ...HALF, memoryMb: 500 })).status, 200);
  const waits = () => w.dev.ok<Job>('GET', `/api/jobs/${second.jobId}`);
  assert.equal([(await waits()).state, (await waits()).resources.memoryMb], ['pending', 2000]);
  const refused = (await put({ ...HALF, name: 'Other' })).body;
  assert.equal([refused.code, refused.params.count], ['preset_in_use', 2]);
  assert.is((await w.admin.call<ErrorReply>('DELETE', SETTINGS)).body.code, 'preset_in_use');

  await w.daemon.end('SIGKILL');
  await w.restart();
  const back = await w.admin.ok<PresetSettings>('GET', SETTINGS);
  assert.equal(
    back.presets.map(({ name, memoryMb, uses }) => [name, memoryMb, uses]),
    [['Half', 500, 2]],
  );
  await w.dev.until<ExperimentDetails>(`/api/experiments/${first.id}`, ({ experiment }) => experiment.status === 'running');
  assert.equal([(await waits()).state, (await waits()).resources.memoryMb], ['pending', 2000]);
  assert.match((await waits()).waiting!.en, /2\.0 GB of memory/);

  await w.dev.ok('POST', `/api/experiments/${second.id}/stop`);
  await w.dev.ok('POST', `/api/experiments/${first.id}/stop`);
  await w.dev.until<Job[]>('/api/jobs?state=running', (jobs) => jobs.length === 0);
  const reset = await w.admin.ok<PresetSettings>('DELETE', SETTINGS);
  assert.equal([reset.edited, reset.presets.length], [false, 2]);
});

test('a training that eats more memory than its preset has is ended alone, with what to do', async () => {
  assert.is((await put(HALF, { ...HALF, name: 'Tiny', memoryMb: 100 })).status, 200);
  const [small, large] = [await w.draft(), await w.draft()];
  const start = (id: number, preset: string, parameters: RunConfig['parameters']) =>
    w.dev.ok('POST', `/api/experiments/${id}/run`, { split: SPLIT, algorithm: 'smallnet', parameters, preset });
  await start(large.id, 'Half', { ...PARAMETERS, epoch: 10_000 });
  await w.dev.until<ExperimentDetails>(`/api/experiments/${large.id}`, ({ experiment }) => experiment.status === 'running');
  await start(small.id, 'Tiny', { ...PARAMETERS, batch_size: 16, input_size: 128 });
  const { experiment } = await w.dev.until<ExperimentDetails>(`/api/experiments/${small.id}`, (details) => details.experiment.status === 'failed');
  assert.equal([experiment.failure?.code, experiment.failure?.params], ['out_of_memory_batch', { limitMb: 100, batch: 16, proposed: 8 }]);
  assert.match(experiment.failure!.en, /Lower batch_size from 16 to 8, or choose larger resources/);
  assert.match(experiment.failure!.ko, /100 MB가 모자랍니다\. batch_size를 16에서 8로 낮추거나/);
  const other = await w.dev.ok<ExperimentDetails>('GET', `/api/experiments/${large.id}`);
  assert.is(other.experiment.status, 'running', 'the one beside it does not feel it');
  await w.dev.ok('POST', `/api/experiments/${large.id}/stop`);
  await w.dev.until<Job[]>('/api/jobs?state=running', (jobs) => jobs.length === 0);
});

test.run();
