import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AnnotationIndex, AnnotationPage, AnnotationTask, AutoAnnotation, LabelledMany } from '../../http/annotation-schemas.ts';
import type { ModelVersionDetails } from '../../http/library-schemas.ts';
import type { Dataset, ErrorReply, Experiment, ExperimentDetails, RunConfig } from '../../http/schemas.ts';
import { isOver, PARAMETERS, PRESET, SPLIT } from '../studio.fixture.ts';
import { AnnotationRoom, pictures } from './annotation.fixture.ts';

const test = suite('annotation: models that propose');
let room: AnnotationRoom;
let task: AnnotationTask;
test.before(async () => {
  room = await AnnotationRoom.open('--set', 'box.cores=1');
  task = await room.task('Learned', { count: 28, people: ['ann', 'ben'] });
});
test.after(async () => {
  await room.remove();
});

const look = (who = 'ann') => room.client(who).ok<AutoAnnotation>('GET', `/api/annotation/tasks/${task.id}/auto`);
const start = (who: string, body: unknown, id = task.id) =>
  room.client(who).call<AutoAnnotation & ErrorReply>('POST', `/api/annotation/tasks/${id}/auto`, body);
const ended = () =>
  room.client('ann').until<AutoAnnotation>(`/api/annotation/tasks/${task.id}/auto`, ({ job }) => job !== null && !['pending', 'running'].includes(job.state));
const rows = async (query: string) => (await room.client('ann').ok<AnnotationPage>('GET', `/api/annotation/tasks/${task.id}/pictures?limit=500&${query}`)).rows;
const DEFAULT = { model: { kind: 'default' }, threshold: 0.5, scope: 'unlabelled' };

test('the Default model learns from the labels of the task; its proposals stay apart until they are accepted', async () => {
  assert.equal([(await look()).blockedBy, (await look()).defaultBlockedBy], [null, 'annotation_too_few_labels']);
  assert.is((await start('ann', DEFAULT)).body.code, 'annotation_too_few_labels');
  for (let n = 0; n < 10; n++) await room.save('ann', task.id, n, { base: 0, state: 'done', label: 1 + (n % 2) });
  assert.is((await start('cho', DEFAULT)).body.code, 'annotation_not_yours');
  const started = await start('ann', DEFAULT);
  assert.equal([started.status, started.body.job?.model], [200, 'Default']);
  assert.is((await start('dev', DEFAULT)).body.code, 'annotation_auto_running');
  const { job, proposals } = await ended();
  assert.equal([job?.state, job?.failure], ['succeeded', null]);
  assert.is(job?.proposals, proposals);
  assert.ok(proposals > 9, `only ${proposals} of 18 are proposed`);

  const open = (await rows('state=todo')).filter(({ proposal }) => proposal !== null);
  assert.is(open.length, proposals);
  const right = open.filter(({ n, proposal }) => proposal!.label === 1 + (n % 2)).length;
  assert.ok(right / open.length > 0.9, `${right} of ${open.length} are right: red and green are easy to tell apart`);
  assert.ok(open.every(({ proposal }) => proposal!.score >= 0.5 && proposal!.uncertainty >= 0 && proposal!.uncertainty <= 1));
  assert.is((await room.client('ann').ok<AnnotationTask>('GET', `/api/annotation/tasks/${task.id}`)).done, 10, 'nothing was labelled by it');
  const sorted = (await rows('order=uncertainty&state=todo')).map(({ proposal }) => proposal?.uncertainty ?? 2);
  assert.ok(
    sorted.every((value, i) => i === 0 || value <= sorted[i - 1]! || sorted[i - 1] === 2),
    'the least sure come first',
  );
  const index = await room.client('ann').ok<AnnotationIndex>('GET', `/api/annotation/tasks/${task.id}/index`);
  assert.is([...Buffer.from(index.states, 'base64')].filter((byte) => (byte & 16) !== 0).length, proposals);

  // Somebody labels a picture: its proposal is no longer open, and accepting does not touch it.
  const mine = open.filter(({ partId }) => partId === 1).map(({ n }) => n);
  const other = 3 - open[0]!.proposal!.label!;
  await room.save('ann', task.id, mine[0]!, { base: 0, state: 'done', label: other });
  const accept = (body: unknown) => room.client('ann').ok<LabelledMany>('POST', `/api/annotation/tasks/${task.id}/proposals/accept`, body);
  assert.equal((await accept({ pictures: [mine[0], mine[1]] })).saved, [{ n: mine[1], revision: 1 }]);
  const refused = await accept({ pictures: [open.find(({ partId }) => partId === 2)!.n] });
  assert.is(refused.refused[0]!.code, 'annotation_not_yours');
  const rejected = await room.client('ann').ok<LabelledMany>('POST', `/api/annotation/tasks/${task.id}/proposals/reject`, { pictures: [mine[2]] });
  assert.is(rejected.saved.length, 1);
  const above = open.filter(({ n, proposal }) => mine.slice(3).includes(n) && proposal!.score >= 0.9).length;
  assert.is((await accept({ above: 0.9 })).saved.length, above, 'all of my own above the score');
  const first = (await rows('')).find(({ n }) => n === mine[0])!;
  assert.equal([first.label, first.revision], [other, 1]);
  assert.is((await look()).proposals, proposals - 3 - above);

  await room.restart();
  assert.is((await look()).proposals, proposals - 3 - above);
});

test('a finished experiment, and a registered model, of the group and the problem propose in another task, with the classes that they know', async () => {
  const trainee = await room.task('Trained', { count: 30, people: ['dev'] });
  await room.labelAll(trainee);
  const dev = room.client('dev');
  await dev.ok('POST', `/api/annotation/tasks/${trainee.id}/complete`);
  await dev.until<AnnotationTask>(`/api/annotation/tasks/${trainee.id}`, ({ status }) => status === 'completed');
  const { id } = await dev.ok<Experiment>('POST', `/api/projects/${trainee.projectId}/experiments`, { datasetId: trainee.datasetId });
  const config: RunConfig = { split: SPLIT, algorithm: 'smallnet', parameters: { ...PARAMETERS, epoch: 3 }, preset: PRESET };
  await dev.ok('POST', `/api/experiments/${id}/run`, config);
  const details = await dev.until<ExperimentDetails>(`/api/experiments/${id}`, ({ experiment }) => isOver(experiment));
  assert.is(details.experiment.status, 'succeeded');

  const dataset = await room.dataset(await room.project('Unnamed'), 10);
  const fresh = await dev.ok<AnnotationTask>('POST', `/api/datasets/${dataset.id}/annotation`, { annotatorIds: [room.id('ann')] });
  const { models } = await room.client('ann').ok<AutoAnnotation>('GET', `/api/annotation/tasks/${fresh.id}/auto`);
  assert.equal(
    models.map(({ model, name, classes }) => [model, name, classes]),
    [[{ kind: 'experiment', id }, `Trained · ${details.experiment.name}`, ['OK', 'NG']]],
  );
  assert.is((await start('ann', { ...DEFAULT, model: { kind: 'experiment', id: 999 } }, fresh.id)).body.code, 'model_not_usable');
  assert.is((await start('ann', { model: { kind: 'experiment', id }, threshold: 0, scope: { pictures: [0, 3, 5] } }, fresh.id)).status, 200);
  const path = `/api/annotation/tasks/${fresh.id}`;
  const after = await room.client('ann').until<AutoAnnotation>(`${path}/auto`, ({ job }) => job?.state === 'succeeded');
  assert.is(after.proposals, 3);
  const classes = (await room.client('ann').ok<{ classes: { name: string }[] }>('GET', `${path}/classes`)).classes.map(({ name }) => name);
  assert.ok(classes.length >= 1 && classes.every((name) => ['OK', 'NG'].includes(name)), `made: ${classes}`);

  // Registered, the same network is offered as a model, too, and proposes the same.
  const { version } = await dev.ok<ModelVersionDetails>('POST', `/api/experiments/${id}/register`, { name: 'Scratches' });
  const model = { kind: 'version', id: version.id };
  const offered = (await room.client('ann').ok<AutoAnnotation>('GET', `${path}/auto`)).models;
  assert.equal(offered.find((one) => one.model.kind === 'version')?.model, model);
  assert.is(offered.find((one) => one.model.kind === 'version')?.name, 'Scratches v1');
  assert.is((await start('ann', { ...DEFAULT, model: { ...model, id: 999 } }, fresh.id)).body.code, 'model_not_usable');
  const proposed = async () =>
    (await room.client('ann').ok<AnnotationPage>('GET', `${path}/pictures`)).rows.map(({ n, proposal }) => [n, proposal?.label ?? null, proposal?.score ?? 0]);
  const before = await proposed();
  assert.is((await start('ann', { model, threshold: 0, scope: 'all' }, fresh.id)).status, 200);
  const again = await room.client('ann').until<AutoAnnotation>(`${path}/auto`, ({ job }) => job?.state === 'succeeded' && job.model === 'Scratches v1');
  assert.is(again.proposals, 10);
  const now = await proposed();
  for (const n of [0, 3, 5]) assert.equal(now[n], before[n], `picture ${n}`);

  // A model of another problem is not taken, nor one of a group that is not the task's.
  const shapes = await room.task('Other problem', { model: 'detection', count: 2, people: ['ann'] });
  for (const one of [model, { kind: 'experiment', id }]) {
    assert.is((await start('ann', { ...DEFAULT, model: one }, shapes.id)).body.code, 'annotation_no_trainer');
  }
  const group = await room.admin.ok<{ id: number }>('POST', '/api/groups', { name: 'Elsewhere', description: '' });
  await room.admin.ok('PATCH', `/api/users/${room.id('dev')}`, { groupIds: [1, group.id] });
  const project = await dev.ok<{ id: number }>('POST', '/api/projects', {
    name: 'There',
    groupId: group.id,
    description: '',
    type: 'image',
    model: 'classification',
  });
  const uploadId = await dev.upload('there.zip', await pictures(2));
  const { id: there } = await dev.ok<Dataset>('POST', `/api/projects/${project.id}/datasets`, {
    name: 'there',
    description: '',
    visibility: 'private',
    uploadId,
  });
  await dev.until<Dataset>(`/api/datasets/${there}`, ({ status }) => status === 'ready');
  const foreign = await dev.ok<AnnotationTask>('POST', `/api/datasets/${there}/annotation`, { annotatorIds: [room.id('dev')] });
  assert.equal((await dev.ok<AutoAnnotation>('GET', `/api/annotation/tasks/${foreign.id}/auto`)).models, []);
  for (const one of [model, { kind: 'experiment', id }]) {
    assert.is((await start('dev', { ...DEFAULT, model: one }, foreign.id)).body.code, 'model_not_usable');
  }
});

test('where no trainer exists, the API says so', async () => {
  const boxes = await room.task('No trainer', { model: 'detection', count: 3, people: ['ann'] });
  const auto = await room.client('ann').ok<AutoAnnotation>('GET', `/api/annotation/tasks/${boxes.id}/auto`);
  assert.equal([auto.blockedBy, auto.models], ['annotation_no_trainer', []]);
  assert.is((await start('ann', DEFAULT, boxes.id)).body.code, 'annotation_no_trainer');
});

test('asked for, the Default model learns anew after so many labels', async () => {
  const before = (await look()).job!.id;
  const changed = await room.client('dev').ok<AnnotationTask>('PATCH', `/api/annotation/tasks/${task.id}`, { autoEvery: 5 });
  assert.is(changed.autoEvery, 5);
  for (const { n, revision } of (await rows('state=todo')).slice(0, 5))
    await room.save('dev', task.id, n, { base: revision, state: 'done', label: 1 + (n % 2) });
  const after = await room
    .client('ann')
    .until<AutoAnnotation>(`/api/annotation/tasks/${task.id}/auto`, ({ job }) => job?.id !== before && job?.state === 'succeeded');
  assert.ok(after.job!.id > before);
});

test.run();
