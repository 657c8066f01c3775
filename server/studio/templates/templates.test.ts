import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Template, TemplateDetails } from '../../http/library-schemas.ts';
import type { Chain } from '../../http/preprocess-schemas.ts';
import type { Dataset, ErrorReply, Experiment, ExperimentDetails, Project } from '../../http/schemas.ts';
import { isOver, openWorkshop, type Workshop } from '../studio.fixture.ts';

const test = suite('templates');
let w: Workshop;
let trained: Experiment;
test.before(async () => {
  w = await openWorkshop();
  trained = await w.trained();
});
test.after(() => w.daemon.remove());

const code = async (answer: Promise<{ body: unknown }>) => ((await answer).body as ErrorReply).code;

test('saved with all that it shows, for the group, and deleted by its owner', async () => {
  const draft = await w.draft();
  assert.is(await code(w.dev.call('POST', `/api/experiments/${draft.id}/template`, { name: 'T' })), 'experiment_refused');
  assert.is(await code(w.colleague.call('POST', `/api/experiments/${trained.id}/template`, { name: 'T' })), 'read_only');
  const saved = await w.dev.ok<Template>('POST', `/api/experiments/${trained.id}/template`, { name: ' 좋은 설정 ' });
  assert.equal([saved.name, saved.algorithm, saved.datasetName, saved.editable, saved.misfit], ['좋은 설정', 'smallnet', 'screws / v1', true, null]);
  assert.is(await code(w.dev.call('POST', `/api/experiments/${trained.id}/template`, { name: '좋은 설정' })), 'template_name_taken');

  const other = await w.dev.ok<Template>('POST', `/api/experiments/${trained.id}/template`, { name: 'second' });
  const seen = await w.colleague.ok<Template[]>('GET', `/api/templates?projectId=${w.project.id}`);
  assert.equal(
    seen.map(({ name, editable }) => [name, editable]),
    [
      ['second', false],
      ['좋은 설정', false],
    ],
  );
  assert.is(await code(w.colleague.call('DELETE', `/api/templates/${other.id}`)), 'not_the_owner');
  await w.dev.ok('DELETE', `/api/templates/${other.id}`);
  assert.is((await w.dev.call('GET', `/api/templates/${other.id}`)).status, 404);
  assert.equal(readdirSync(join(w.daemon.data, 'templates')), [`${saved.id}.json`]);

  await w.dev.ok('DELETE', `/api/experiments/${draft.id}`);
  await w.daemon.end('SIGKILL');
  await w.restart();
  const { epochs, result, modelBytes, preset, config } = await w.colleague.ok<TemplateDetails>('GET', `/api/templates/${saved.id}`);
  assert.equal([epochs.length, result?.epochs, preset?.name, config], [1, 1, 'CPU small', trained.config]);
  assert.ok(modelBytes! > 1000);
});

test('a training is started from it, where it fits the project', async () => {
  const [template] = await w.dev.ok<Template[]>('GET', '/api/templates');
  const body = { templateId: template!.id };
  const draft = await w.draft();
  assert.is(await code(w.dev.call('POST', `/api/experiments/${draft.id}/run-template`, { templateId: 999 })), 'not_found');
  const started = await w.dev.ok<Experiment>('POST', `/api/experiments/${draft.id}/run-template`, body);
  assert.equal([started.mode, started.config, started.templateName], ['run', trained.config, '좋은 설정']);
  const { experiment } = await w.dev.until<ExperimentDetails>(`/api/experiments/${draft.id}`, (details) => isOver(details.experiment));
  assert.is(experiment.status, 'succeeded', JSON.stringify(experiment.failure));

  const about = { groupId: 1, description: '', type: 'image', model: 'detection' };
  const boxes = await w.dev.ok<Project>('POST', '/api/projects', { ...about, name: 'Boxes' });
  for (const { misfit } of [
    (await w.dev.ok<Template[]>('GET', `/api/templates?projectId=${boxes.id}`))[0]!,
    (await w.dev.ok<TemplateDetails>('GET', `/api/templates/${template!.id}?projectId=${boxes.id}`)).template,
  ]) {
    assert.is(misfit?.code, 'template_problem');
    assert.match(misfit!.ko, /이미지 · 분류 문제용이라 이미지 · 객체 탐지 프로젝트에서/);
    assert.match(misfit!.en, /is for Image · Classification, and this project is about Image · Detection/);
  }

  const group = await w.admin.ok<{ id: number }>('POST', '/api/groups', { name: 'other', description: '' });
  const request = { name: 'Elsewhere', groupId: group.id, description: '', type: 'image', model: 'classification' };
  const elsewhere = await w.admin.ok<Project>('POST', '/api/projects', request);
  assert.equal(await w.admin.ok<Template[]>('GET', `/api/templates?projectId=${elsewhere.id}`), [], 'another group has its own');
});

test('it keeps what its data were preprocessed with, over all versions', async () => {
  const [plain] = await w.dev.ok<Template[]>('GET', '/api/templates');
  assert.is(plain!.chain, null);
  const preprocessed = async (from: number, chain: Chain) => {
    const { id } = await w.dev.ok<Dataset>('POST', `/api/datasets/${from}/preprocess`, { chain });
    return w.dev.until<Dataset>(`/api/datasets/${id}`, ({ status }) => status === 'ready');
  };
  const second = await preprocessed(w.dataset.id, [{ method: 'flip', parameters: {} }]);
  const third = await preprocessed(second.id, [{ method: 'grayscale', parameters: {} }]);
  const { id } = await w.dev.ok<Experiment>('POST', `/api/projects/${w.project.id}/experiments`, { datasetId: third.id });
  await w.dev.ok('POST', `/api/experiments/${id}/run`, trained.config);
  await w.dev.until<ExperimentDetails>(`/api/experiments/${id}`, ({ experiment }) => isOver(experiment));
  const { chain } = await w.dev.ok<Template>('POST', `/api/experiments/${id}/template`, { name: 'with methods' });
  assert.equal(
    chain?.map(({ method }) => method),
    ['flip', 'grayscale'],
  );

  // The version between them goes for good: what was done to its pictures is known all the same.
  await w.dev.ok('DELETE', `/api/datasets/${second.id}`);
  await w.dev.ok('DELETE', `/api/trash/${second.id}`);
  const { preprocessing } = await w.dev.ok<Dataset>('GET', `/api/datasets/${third.id}`);
  assert.equal(preprocessing, { from: { id: second.id, version: 2 }, chain: chain!.slice(1), whole: chain! });
});

test.run();
