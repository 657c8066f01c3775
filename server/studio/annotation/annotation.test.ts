import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AnnotatedPicture, AnnotationIndex, AnnotationPage, AnnotationTask, LabelledMany } from '../../http/annotation-schemas.ts';
import type { Dataset, ErrorReply, Experiment, Notification, PicturePage } from '../../http/schemas.ts';
import { AnnotationRoom } from './annotation.fixture.ts';

const test = suite('annotation: tasks and their states');
let room: AnnotationRoom;
test.before(async () => {
  room = await AnnotationRoom.open();
});
test.after(async () => {
  await room.remove();
});

const taskOf = (userId: string, id: number) => room.client(userId).ok<AnnotationTask>('GET', `/api/annotation/tasks/${id}`);
const post = (userId: string, path: string, body?: unknown) =>
  room.client(userId).call<AnnotationTask & ErrorReply & LabelledMany>('POST', `/api${path}`, body ?? {});
const told = async (userId: string) => (await room.client(userId).ok<Notification[]>('GET', '/api/notifications')).map(({ en }) => en);

test('pictures are divided evenly, and everyone concerned is told', async () => {
  const task = await room.task('Evenly', { count: 11 });
  assert.equal(
    task.parts.map(({ userName, count, status }) => [userName, count, status]),
    [
      ['ann', 4, 'working'],
      ['ben', 4, 'working'],
      ['cho', 3, 'working'],
    ],
  );
  assert.is(task.reviewerName, 'dev');
  assert.equal([task.count, task.done, task.status, task.model], [11, 0, 'working', 'classification']);
  assert.ok((await told('ann')).includes('You were given 4 pictures to label: parts'));
  const mine = await room.client('cho').ok<AnnotationTask[]>('GET', '/api/annotation/tasks?mine=true');
  assert.ok(mine.some(({ id }) => id === task.id));

  const again = await post('dev', `/datasets/${task.datasetId}/annotation`, { annotatorIds: [room.id('ann')] });
  assert.equal([again.status, again.body.code], [409, 'annotation_exists']);
  const deletion = await room.client('dev').call<ErrorReply>('DELETE', `/api/datasets/${task.datasetId}`);
  assert.is(deletion.body.code, 'dataset_in_use');
});

test('only unlabelled datasets, people of the group, and developers who may edit the project', async () => {
  const dataset = await room.dataset(await room.project('Whose'), 3);
  const to = `/datasets/${dataset.id}/annotation`;
  assert.is((await post('ann', to, { annotatorIds: [room.id('ann')] })).body.code, 'role_forbidden');
  assert.is((await post('colleague', to, { annotatorIds: [room.id('ann')] })).body.code, 'read_only');
  assert.is((await post('dev', to, { annotatorIds: [] })).body.code, 'annotation_no_people');
  assert.is((await post('dev', to, { annotatorIds: [999] })).body.code, 'annotation_person_unknown');
  const sample = await room.client('dev').ok<{ id: number }>('POST', '/api/projects/sample', {});
  const [made] = await room.client('dev').until<Dataset[]>(`/api/projects/${sample.id}/datasets`, ([first]) => first?.status === 'ready');
  assert.is((await post('dev', `/datasets/${made!.id}/annotation`, { annotatorIds: [room.id('ann')] })).body.code, 'annotation_labelled');
});

test('each edits their own pictures only, until they have said that they are done', async () => {
  const task = await room.task('States', { count: 6 });
  const part = task.parts[0]!;
  assert.is((await room.save('ann', task.id, 0, { base: 0, state: 'done', label: 1 })).status, 200);
  assert.is((await room.save('ann', task.id, 2, { base: 0, state: 'done', label: 1 })).body.code, 'annotation_not_yours');
  assert.is((await room.save('colleague', task.id, 2, { base: 0, state: 'done', label: 1 })).body.code, 'annotation_not_yours');
  assert.is((await room.save('dev', task.id, 2, { base: 0, state: 'done', label: 1 })).status, 200);
  assert.is((await post('ann', `/annotation/tasks/${task.id}/parts/${part.id}/done`)).body.code, 'annotation_not_finished');
  assert.is((await room.save('ann', task.id, 1, { base: 0, state: 'done' })).body.code, 'annotation_unlabelled');
  assert.is((await room.save('ann', task.id, 1, { base: 0, state: 'delete' })).status, 200);
  assert.is((await post('ben', `/annotation/tasks/${task.id}/parts/${part.id}/done`)).body.code, 'annotation_not_yours');
  assert.is((await post('ann', `/annotation/tasks/${task.id}/parts/${part.id}/done`)).body.parts[0]!.status, 'done');
  assert.ok((await told('dev')).some((line) => line.startsWith('ann finished labelling 2 pictures')));
  assert.is((await room.save('ann', task.id, 0, { base: 1, state: 'done', label: 2 })).body.code, 'annotation_part_done');
  assert.is((await room.client('ann').ok<AnnotatedPicture>('GET', `/api/annotation/tasks/${task.id}/pictures/0`)).lockedBy, 'annotation_part_done');

  // The reviewer returns one picture: the part is open again, but for what was accepted.
  assert.is((await post('ann', `/annotation/tasks/${task.id}/review`, { verdict: 'accept', pictures: [0] })).body.code, 'role_forbidden');
  assert.is((await post('colleague', `/annotation/tasks/${task.id}/review`, { verdict: 'accept', pictures: [0] })).body.code, 'annotation_not_reviewer');
  assert.equal((await post('dev', `/annotation/tasks/${task.id}/review`, { verdict: 'accept', pictures: [1] })).body.saved, [{ n: 1, revision: 2 }]);
  const returned = await post('dev', `/annotation/tasks/${task.id}/review`, { verdict: 'return', pictures: [0, 5], comment: 'The scratch at the left' });
  assert.equal(returned.body, { saved: [{ n: 0, revision: 2 }], refused: [{ n: 5, code: 'annotation_unlabelled' }] } as never);
  assert.ok((await told('ann')).includes('The reviewer has returned pictures to you: The scratch at the left'));
  const seen = await room.client('ann').ok<AnnotatedPicture>('GET', `/api/annotation/tasks/${task.id}/pictures/0`);
  assert.equal([seen.review, seen.comment, seen.lockedBy, seen.revision], ['returned', 'The scratch at the left', null, 2]);
  assert.is((await room.save('ann', task.id, 1, { base: 2, state: 'done', label: 1 })).body.code, 'annotation_picture_accepted');
  assert.is((await post('ann', `/annotation/tasks/${task.id}/parts/${part.id}/done`)).body.code, 'annotation_returned_left');
  assert.is((await post('dev', `/annotation/tasks/${task.id}/parts/${part.id}/accept`)).body.code, 'annotation_returned_left');
  assert.is((await room.save('ann', task.id, 0, { base: 2, state: 'done', label: 2 })).body.review, 'fixed');
  assert.is((await post('ann', `/annotation/tasks/${task.id}/parts/${part.id}/done`)).status, 200);
  const accepted = await post('dev', `/annotation/tasks/${task.id}/parts/${part.id}/accept`);
  assert.is(accepted.body.parts[0]!.status, 'accepted');
  assert.equal([accepted.body.parts[0]!.done, accepted.body.parts[0]!.deleted, accepted.body.parts[0]!.fixed], [1, 1, 1]);

  // The reviewer edits all parts until Complete.
  assert.is((await room.save('dev', task.id, 0, { base: 3, state: 'done', label: 1 })).body.review, 'accepted');
});

test('what is not done of a part goes to others', async () => {
  const task = await room.task('Reassigned', { count: 10, people: ['ann'] });
  for (const n of [0, 1, 4]) await room.save('ann', task.id, n, { base: 0, state: 'done', label: 1 });
  const body = { partId: task.parts[0]!.id, annotatorIds: [room.id('ben'), room.id('cho')] };
  assert.is((await post('ann', `/annotation/tasks/${task.id}/reassign`, body)).body.code, 'role_forbidden');
  assert.is((await post('colleague', `/annotation/tasks/${task.id}/reassign`, body)).body.code, 'annotation_not_reviewer');
  const { parts } = (await post('dev', `/annotation/tasks/${task.id}/reassign`, body)).body;
  assert.equal(
    parts.map(({ userName, count, done }) => [userName, count, done]),
    [
      ['ann', 3, 3],
      ['ben', 4, 0],
      ['cho', 3, 0],
    ],
  );
  assert.is((await room.save('ann', task.id, 2, { base: 0, state: 'done', label: 1 })).body.code, 'annotation_not_yours');
  assert.is((await room.save('ben', task.id, 2, { base: 0, state: 'done', label: 1 })).status, 200);
  const page = await room.client('ben').ok<AnnotationPage>('GET', `/api/annotation/tasks/${task.id}/pictures?part=${parts[1]!.id}&state=todo`);
  assert.equal(
    page.rows.map(({ n }) => n),
    [3, 5, 6],
  );
});

test('Complete is the reviewer’s alone, needs all pictures, and gives the dataset its labels without the deleted ones', async () => {
  const task = await room.task('Whole', { count: 13, people: ['ann', 'ben'] });
  await room.labelAll(task);
  await room.save('dev', task.id, 4, { base: 1, state: 'todo' });
  assert.is((await post('ann', `/annotation/tasks/${task.id}/complete`)).body.code, 'role_forbidden');
  assert.is((await post('colleague', `/annotation/tasks/${task.id}/complete`)).body.code, 'annotation_not_reviewer');
  assert.equal((await post('dev', `/annotation/tasks/${task.id}/complete`)).body.params, { count: 1 });
  await room.save('dev', task.id, 4, { base: 2, state: 'delete' });
  // A class that nobody uses any more: its pictures move to another one, and stay done.
  const classes = `/annotation/tasks/${task.id}/classes`;
  await post('dev', classes, { name: 'Scratch' });
  await room.save('dev', task.id, 6, { base: 1, state: 'done', label: 3 });
  await post('dev', `${classes}/3/delete`, { moveTo: 2 });
  assert.is((await taskOf('dev', task.id)).done, 12);

  const completing = await post('dev', `/annotation/tasks/${task.id}/complete`);
  assert.equal([completing.status, completing.body.status], [200, 'completing']);
  const done = await room.client('dev').until<AnnotationTask>(`/api/annotation/tasks/${task.id}`, ({ status }) => status !== 'completing');
  assert.equal([done.status, done.done, done.deleted, done.failure], ['completed', 12, 1, null]);
  assert.is((await room.save('dev', task.id, 0, { base: 1, state: 'done', label: 2 })).body.code, 'annotation_completed');
  assert.is((await room.save('ann', task.id, 0, { base: 1, state: 'done', label: 2 })).body.code, 'annotation_completed');
  assert.ok((await told('ann')).includes('The labels are complete and were added to the data: parts'));

  const dataset = await room.client('dev').ok<Dataset>('GET', `/api/datasets/${task.datasetId}`);
  assert.equal([dataset.count, dataset.labelledCount, dataset.labelRevision, dataset.exportBlockedBy], [12, 12, 1, null]);
  // 0, 2, 8, 10, 12 are OK; 4 is deleted and 6 moved to NG.
  assert.equal(
    dataset.classes.map(({ name, count }) => [name, count]),
    [
      ['OK', 5],
      ['NG', 7],
    ],
  );
  const page = await room.client('dev').ok<PicturePage>('GET', `/api/datasets/${task.datasetId}/items`);
  assert.equal(
    page.rows.map(({ n, label }) => [n, label]),
    [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => [n, n === 6 ? 1 : n % 2]),
  );
  // It can be trained with.
  await room.client('dev').ok<Experiment>('POST', `/api/projects/${task.projectId}/experiments`, { datasetId: task.datasetId });

  // After a restart it is the same, and what was labelled can still be looked at.
  await room.restart();
  const later = await taskOf('ann', task.id);
  assert.equal([later.status, later.done, later.parts[0]!.count], ['completed', 12, 7]);
  const index = await room.client('ann').ok<AnnotationIndex>('GET', `/api/annotation/tasks/${task.id}/index`);
  assert.is(Buffer.from(index.states, 'base64')[4], 2);
});

test('a task that is given up leaves nothing, and its dataset can be distributed again', async () => {
  const task = await room.task('Given up', { count: 4 });
  await room.labelAll(task);
  const refused = await room.client('colleague').call<ErrorReply>('DELETE', `/api/annotation/tasks/${task.id}`);
  assert.is(refused.body.code, 'annotation_not_reviewer');
  assert.is((await room.client('dev').call('DELETE', `/api/annotation/tasks/${task.id}`)).status, 204);
  assert.is((await room.client('dev').call('GET', `/api/annotation/tasks/${task.id}`)).status, 404);
  assert.is((await post('dev', `/datasets/${task.datasetId}/annotation`, { annotatorIds: [room.id('dev')] })).status, 201);
});

test('an annotator of another group sees nothing of it', async () => {
  const task = await room.task('Private', { count: 3 });
  const group = await room.admin.ok<{ id: number }>('POST', '/api/groups', { name: 'elsewhere', description: '' });
  await room.admin.ok('POST', '/api/users', { userId: 'far', name: 'Far', password: 'correct horse battery', role: 'annotator', groupIds: [group.id] });
  const far = await room.daemon.client().signIn('far');
  assert.equal(await far.ok('GET', '/api/annotation/tasks'), []);
  for (const path of ['', '/index', '/pictures', '/pictures/0', '/images/0', '/thumbnails/0', '/classes', '/auto']) {
    assert.is((await far.call('GET', `/api/annotation/tasks/${task.id}${path}`)).status, 404, path);
  }
  assert.is((await far.call('GET', `/api/events?task=${task.id}`)).status, 404);
  assert.is((await far.call('PUT', `/api/annotation/tasks/${task.id}/pictures/0`, { base: 0, state: 'todo' })).status, 404);
});

test.run();
