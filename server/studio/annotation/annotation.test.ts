import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PASSWORD } from '../../daemon.fixture.ts';
import type { AnnotatedPicture, AnnotationIndex, AnnotationPage, AnnotationTask, LabelledMany } from '../../http/annotation-schemas.ts';
import type { Preview } from '../../http/preprocess-schemas.ts';
import type { Dataset, ErrorReply, Experiment, Group, Notification, PicturePage } from '../../http/schemas.ts';
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
/** Waits until somebody is told it: it comes a moment after the state that it tells of. */
const told = (userId: string, start: string) =>
  room.client(userId).until<Notification[]>('/api/notifications', (all) => all.some(({ en }) => en.startsWith(start)));

test('pictures are divided evenly, and everyone concerned is told', async () => {
  const task = await room.task('Evenly', { count: 11 });
  assert.equal(
    task.parts.map(({ userName, count, status }) => [userName, count, status]),
    [
      ['ann name', 4, 'working'],
      ['ben name', 4, 'working'],
      ['cho name', 3, 'working'],
    ],
  );
  assert.is(task.reviewerName, 'dev name');
  assert.equal([task.count, task.done, task.status, task.model], [11, 0, 'working', 'classification']);
  await told('ann', 'You were given 4 pictures to label: parts');
  const [note] = await room.client('ann').ok<Notification[]>('GET', '/api/notifications');
  assert.equal([note!.en, note!.link], ['You were given 4 pictures to label: parts', `/annotations/${task.id}`]);
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
  const boxes = await room.dataset(await room.project('Boxes at a kiosk', 'detection'), 2);
  const refused = await post('dev', `/datasets/${boxes.id}/annotation`, { annotatorIds: [room.id('ann')], kiosk: true });
  assert.is(refused.body.code, 'annotation_kiosk_problem', 'no station could label them');
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
  await told('dev', 'ann name finished labelling 2 pictures');
  assert.is((await room.save('ann', task.id, 0, { base: 1, state: 'done', label: 2 })).body.code, 'annotation_part_done');
  assert.is((await room.client('ann').ok<AnnotatedPicture>('GET', `/api/annotation/tasks/${task.id}/pictures/0`)).lockedBy, 'annotation_part_done');
  // Nor are its labels changed any more.
  assert.equal((await taskOf('ann', task.id)).actions, []);
  assert.is((await post('ann', `/annotation/tasks/${task.id}/classes`, { name: 'Late' })).body.code, 'annotation_part_done');
  assert.is((await post('ann', `/annotation/tasks/${task.id}/classes/2/delete`, { moveTo: null })).body.code, 'annotation_part_done');

  // The reviewer returns one picture: the part is open again, but for what was accepted.
  assert.is((await post('ann', `/annotation/tasks/${task.id}/review`, { verdict: 'accept', pictures: [0] })).body.code, 'role_forbidden');
  assert.is((await post('colleague', `/annotation/tasks/${task.id}/review`, { verdict: 'accept', pictures: [0] })).body.code, 'annotation_not_reviewer');
  assert.equal((await post('dev', `/annotation/tasks/${task.id}/review`, { verdict: 'accept', pictures: [1] })).body.saved, [{ n: 1, revision: 2 }]);
  const returned = await post('dev', `/annotation/tasks/${task.id}/review`, { verdict: 'return', pictures: [0, 5], comment: 'The scratch at the left' });
  assert.equal(returned.body, { saved: [{ n: 0, revision: 2 }], refused: [{ n: 5, code: 'annotation_unlabelled' }] } as never);
  await told('ann', 'The reviewer has returned pictures to you: The scratch at the left');
  const seen = await room.client('ann').ok<AnnotatedPicture>('GET', `/api/annotation/tasks/${task.id}/pictures/0`);
  assert.equal([seen.review, seen.comment, seen.lockedBy, seen.revision], ['returned', 'The scratch at the left', null, 2]);
  assert.is((await room.save('ann', task.id, 1, { base: 2, state: 'done', label: 1 })).body.code, 'annotation_picture_accepted');
  assert.is((await post('ann', `/annotation/tasks/${task.id}/parts/${part.id}/done`)).body.code, 'annotation_returned_left');
  assert.is((await post('dev', `/annotation/tasks/${task.id}/parts/${part.id}/accept`)).body.code, 'annotation_returned_left');
  assert.is((await room.save('ann', task.id, 0, { base: 2, state: 'done', label: 2 })).body.review, 'fixed');
  assert.is((await post('ann', `/annotation/tasks/${task.id}/parts/${part.id}/done`)).status, 200);
  const accepted = await post('dev', `/annotation/tasks/${task.id}/parts/${part.id}/accept`);
  assert.is(accepted.body.parts[0]!.status, 'accepted');
  const counts = ({ parts }: AnnotationTask) => [parts[0]!.done, parts[0]!.deleted, parts[0]!.fixed, parts[0]!.accepted];
  assert.equal(counts(accepted.body), [1, 1, 0, 2], 'its pictures were accepted with it');

  // The reviewer edits all parts until Complete.
  assert.is((await room.save('dev', task.id, 0, { base: 4, state: 'done', label: 1 })).body.review, 'accepted');
  // Given back as a whole, all of it can be edited again.
  const back = await post('dev', `/annotation/tasks/${task.id}/parts/${part.id}/return`, { comment: 'Once more' });
  assert.equal([back.body.parts[0]!.status, ...counts(back.body)], ['returned', 1, 1, 0, 0]);
  assert.is((await room.save('ann', task.id, 0, { base: 6, state: 'done', label: 2 })).status, 200);
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
      ['ann name', 3, 3],
      ['ben name', 4, 0],
      ['cho name', 3, 0],
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

test('what was returned is open, too, and goes to others although all of it is labelled', async () => {
  const task = await room.task('Returned', { count: 4, people: ['ann'] });
  for (let n = 0; n < 4; n++) await room.save('ann', task.id, n, { base: 0, state: 'done', label: 1 });
  assert.equal([(await taskOf('dev', task.id)).open, (await taskOf('dev', task.id)).parts[0]!.open], [0, 0]);
  await post('dev', `/annotation/tasks/${task.id}/review`, { verdict: 'return', pictures: [1, 2, 3] });
  await room.save('ann', task.id, 3, { base: 2, state: 'done', label: 2 });
  const { open, parts, done } = await taskOf('dev', task.id);
  assert.equal([open, parts[0]!.open, done], [2, 2, 4]);
  const after = (await post('dev', `/annotation/tasks/${task.id}/reassign`, { partId: parts[0]!.id, annotatorIds: [room.id('ben')] })).body;
  assert.equal(
    after.parts.map((part) => [part.userName, part.count, part.open]),
    [
      ['ann name', 2, 0],
      ['ben name', 2, 2],
    ],
  );
});

test('somebody whose account is disabled is told apart among the members: nothing is given to them', async () => {
  const gone = await room.admin.ok<{ id: number }>('POST', '/api/users', {
    userId: 'gone',
    name: 'Gone',
    password: PASSWORD,
    role: 'annotator',
    groupIds: [1],
  });
  await room.admin.ok('PATCH', `/api/users/${gone.id}`, { disabled: true });
  const [group] = await room.client('dev').ok<Group[]>('GET', '/api/groups');
  assert.equal(
    group!.members.filter(({ disabled }) => disabled).map(({ userId }) => userId),
    ['gone'],
  );
});

test('who loses pictures while saving is told; nothing is acknowledged that is somebody else’s', async () => {
  const count = 60;
  const task = await room.task('Contested', { count, people: ['ann'] });
  const own = task.parts[0]!.id;
  const saves = Array.from({ length: count }, (_, n) => room.save('ann', task.id, n, { base: 0, state: 'done', label: 1 }));
  // Somewhere among them.
  await Promise.race(saves);
  const reassigned = await post('dev', `/annotation/tasks/${task.id}/reassign`, { partId: own, annotatorIds: [room.id('ben')] });
  const index = await room.client('ann').ok<AnnotationIndex>('GET', `/api/annotation/tasks/${task.id}/index`);
  const parts = new Uint16Array(new Uint8Array(Buffer.from(index.parts, 'base64')).buffer);
  const states = Buffer.from(index.states, 'base64');
  let lost = 0;
  for (const [n, save] of saves.entries()) {
    const { status, body } = await save;
    if (status === 200) assert.equal([parts[n], states[n]! & 3], [own, 1], `picture ${n} was saved and is ann’s`);
    else {
      assert.equal([body.code, parts[n] !== own, states[n]! & 3], ['annotation_not_yours', true, 0], `picture ${n} was refused and is ben’s`);
      lost += 1;
    }
  }
  assert.is(reassigned.body.parts?.find(({ userName }) => userName === 'ben name')?.count ?? 0, lost);
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
  await told('ann', 'The labels are complete and were added to the data: parts');

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
  assert.is(dataset.labelFormat, 'annotation');
  // Places are those among what is there: picture 4 is not shown, and the last one can be.
  const shown = await room.client('dev').ok<Preview>('POST', `/api/datasets/${task.datasetId}/preprocess/preview`, { chain: [], pictures: [3, 4, 11, 12] });
  assert.equal(
    shown.map(({ n, before }) => [n, before.name]),
    [3, 5, 12].map((n) => [n, page.rows.find((row) => row.n === n)!.name]),
  );
  // It can be trained with.
  await room.client('dev').ok<Experiment>('POST', `/api/projects/${task.projectId}/experiments`, { datasetId: task.datasetId });

  // After a restart it is the same, and what was labelled can still be looked at. Tasks that nobody has opened since show their counts all the same: those
  // that were closed, and after a kill.
  const tasks = () => room.client('dev').ok<AnnotationTask[]>('GET', '/api/annotation/tasks');
  const listed = async () => (await tasks()).map((one) => [one.id, one.done, one.deleted, one.returned, one.accepted, one.updatedAt]);
  const before = await listed();
  assert.ok(before.filter(([, labelled]) => Number(labelled) > 0).length >= 3);
  await room.restart();
  assert.equal(await listed(), before);
  const open = (await tasks()).find(({ projectName }) => projectName === 'Reassigned')!;
  assert.is((await room.save('dev', open.id, 9, { base: 0, state: 'done', label: 1 })).status, 200);
  const after = await listed();
  assert.not.equal(after, before);
  await room.restart('SIGKILL');
  assert.equal(await listed(), after);
  const later = await taskOf('ann', task.id);
  assert.equal([later.status, later.done, later.parts[0]!.count], ['completed', 12, 7]);
  const index = await room.client('ann').ok<AnnotationIndex>('GET', `/api/annotation/tasks/${task.id}/index`);
  assert.is(Buffer.from(index.states, 'base64')[4], 2);
});

test('Complete is whole or has not happened, however often the daemon is killed in it; then it can be repeated', async () => {
  const dev = () => room.client('dev');
  const ids: number[] = [];
  for (const name of ['Early', 'Half', 'Late']) {
    const task = await room.task(`Killed ${name}`, { count: 4, people: ['ann'] });
    await room.labelAll(task);
    await room.save('dev', task.id, 3, { base: 1, state: 'delete' });
    ids.push(task.id);
  }
  // At the kill each is somewhere else on its way.
  for (const id of [...ids].reverse()) {
    assert.is((await post('dev', `/annotation/tasks/${id}/complete`)).body.status, 'completing');
    await sleep(150);
  }
  await room.daemon.end('SIGKILL');
  await room.daemon.launch();
  await sleep(250);
  await room.restart('SIGKILL');
  for (const id of ids) {
    const over = () => dev().until<AnnotationTask>(`/api/annotation/tasks/${id}`, ({ status }) => status !== 'completing');
    let { status, datasetId } = await over();
    const dataset = await dev().ok<Dataset>('GET', `/api/datasets/${datasetId}`);
    assert.equal([dataset.count, dataset.labelledCount], status === 'completed' ? [3, 3] : [4, 0], `task ${id} is ${status}`);
    if (status === 'working') {
      await post('dev', `/annotation/tasks/${id}/complete`);
      ({ status, datasetId } = await over());
    }
    assert.is(status, 'completed');
    const { count, labelledCount, labelRevision } = await dev().ok<Dataset>('GET', `/api/datasets/${datasetId}`);
    assert.equal([count, labelledCount, labelRevision], [3, 3, 1]);
  }
});

test('a completed task stays while its dataset is in the trash, and goes for good with it', async () => {
  const task = await room.task('Thrown away', { count: 3, people: ['ann'] });
  await room.labelAll(task);
  await post('dev', `/annotation/tasks/${task.id}/complete`);
  await room.client('dev').until<AnnotationTask>(`/api/annotation/tasks/${task.id}`, ({ status }) => status === 'completed');
  await room.client('dev').ok('DELETE', `/api/datasets/${task.datasetId}`);
  await room.restart();
  const kept = await taskOf('dev', task.id);
  assert.equal([kept.status, kept.done, kept.datasetName], ['completed', 3, 'parts']);
  assert.is((await room.client('dev').ok<Dataset>('POST', `/api/trash/${task.datasetId}/restore`)).labelledCount, 3);
  await room.client('dev').ok('DELETE', `/api/datasets/${task.datasetId}`);
  await room.client('dev').ok('DELETE', `/api/trash/${task.datasetId}`);
  assert.is((await room.client('dev').call('GET', `/api/annotation/tasks/${task.id}`)).status, 404);
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
