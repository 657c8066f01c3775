import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listen } from '../../daemon.fixture.ts';
import type {
  AnnotatedPicture,
  AnnotationClasses,
  AnnotationMessage,
  AnnotationShape,
  AnnotationTask,
  LabelledMany,
  PictureConflict,
  PresenceReply,
  ShapeChanges,
} from '../../http/annotation-schemas.ts';
import type { Dataset, ErrorReply } from '../../http/schemas.ts';
import { AnnotationRoom, HEIGHT, WIDTH } from './annotation.fixture.ts';

const test = suite('annotation: saving');
let room: AnnotationRoom;
let task: AnnotationTask;
let boxes: AnnotationTask;
let polygons: AnnotationTask;
test.before(async () => {
  room = await AnnotationRoom.open();
  task = await room.task('Classes', { count: 20, people: ['ann', 'ben'] });
  boxes = await room.task('Boxes', { model: 'detection', count: 6, people: ['ann'] });
  polygons = await room.task('Polygons', { model: 'instance_segmentation', count: 4, people: ['ann'] });
});
test.after(async () => {
  await room.remove();
});

/** As they were drawn, without their ids. */
const drawn = (shapes: readonly AnnotationShape[] | null) => shapes?.map(({ id: _, ...shape }) => shape) ?? null;
const box = (x: number, y: number, width: number, height: number, label = 1): AnnotationShape => ({ kind: 'box', x, y, width, height, label });
const picture = (userId: string, id: number, n: number) => room.client(userId).ok<AnnotatedPicture>('GET', `/api/annotation/tasks/${id}/pictures/${n}`);
const until = async (good: () => boolean) => {
  for (let i = 0; i < 1200 && !good(); i++) await new Promise((resolve) => setTimeout(resolve, 25));
  assert.ok(good());
};

test('an outdated save is refused with what there is now, and the same save sent twice is done once', async () => {
  assert.is((await room.save('ann', task.id, 0, { base: 0, state: 'done', label: 1, saveId: 'save-0001' })).body.revision, 1);
  const other = await room.client('dev').call<PictureConflict>('PUT', `/api/annotation/tasks/${task.id}/pictures/0`, { base: 0, state: 'done', label: 2 });
  assert.equal(
    [other.status, other.body.code, other.body.current.label, other.body.current.revision, other.body.current.by],
    [409, 'annotation_outdated', 1, 1, 'ann name'],
  );
  assert.match(other.body.message, 'ann name');
  const again = await room.save('ann', task.id, 0, { base: 0, state: 'done', label: 1, saveId: 'save-0001' });
  assert.equal([again.status, again.body.revision], [200, 1]);
  assert.is((await room.save('dev', task.id, 0, { base: 1, state: 'done', label: 2 })).body.revision, 2);
  assert.is((await room.save('ann', task.id, 0, { base: 0, state: 'done', label: 1, saveId: 'save-0001' })).status, 409);
});

test('of many saves at once on one picture exactly one is taken', async () => {
  const saves = await Promise.all(Array.from({ length: 12 }, (_, i) => room.save('ann', task.id, 1, { base: 0, state: 'done', label: 1 + (i % 2) })));
  assert.is(saves.filter(({ status }) => status === 200).length, 1);
  assert.is((await picture('ann', task.id, 1)).revision, 1);
});

test('shapes are cut at the picture’s edge; those without area, outside, of a wrong kind or without a label are refused', async () => {
  const save = (shapes: AnnotationShape[], state: 'todo' | 'done' = 'done', base = 0) => room.save('ann', boxes.id, 0, { base, state, shapes });
  for (const [shape, code] of [
    [box(5, 5, 0, 10), 'annotation_shape_empty'],
    [box(WIDTH + 1, 2, 5, 5), 'annotation_shape_outside'],
    [{ kind: 'polygon', parts: [{ outer: [0, 0, 5, 0, 5, 5], holes: [] }], label: 1 }, 'annotation_shape_kind'],
    [box(1, 1, 5, 5, 0), 'annotation_shape_unlabelled'],
    [box(1, 1, 5, 5, 77), 'not_found'],
  ] as const) {
    const { status, body } = await save([box(1, 1, 3, 3), shape as AnnotationShape]);
    assert.equal([body.code, status >= 400], [code, true], JSON.stringify(shape));
  }
  assert.equal((await save([box(1, 1, 5, 5, 0)], 'todo')).body.shapes, null);
  const cut = await save([box(-4, -2, 10, 10), box(30, 20, 100, 100, 2)], 'done', 1);
  assert.equal(drawn(cut.body.shapes), [box(0, 0, 6, 8), box(30, 20, WIDTH - 30, HEIGHT - 20, 2)]);
  assert.equal((await picture('ann', boxes.id, 0)).shapes, cut.body.shapes);
  const wild = await room
    .client('ann')
    .call<ErrorReply>('PUT', `/api/annotation/tasks/${boxes.id}/pictures/1`, { base: 0, state: 'done', shapes: [{ kind: 'box', x: 'a' }] });
  assert.is(wild.body.code, 'invalid_input');

  const polygon = (outer: number[], holes: number[][] = []): AnnotationShape => ({ kind: 'polygon', parts: [{ outer, holes }], label: 1 });
  const flat = await room.save('ann', polygons.id, 0, { base: 0, state: 'done', shapes: [polygon([1, 1, 5, 5, 9, 9])] });
  assert.is(flat.body.code, 'annotation_shape_empty');
  const ring = polygon([2, 2, 20, 2, 20, 20, 2, 20], [[5, 5, 5, 10, 10, 10, 10, 5]]);
  assert.equal((await room.save('ann', polygons.id, 0, { base: 0, state: 'done', shapes: [ring] })).body.shapes, null);
  assert.equal(drawn((await picture('ann', polygons.id, 0)).shapes), [ring]);
  // A line that crosses itself encloses area although the shoelace formula gives none: it is kept as it was drawn.
  const eight = polygon([2, 2, 20, 20, 20, 2, 2, 20]);
  assert.is((await room.save('ann', polygons.id, 0, { base: 1, state: 'done', shapes: [eight] })).body.shapes, null);
  assert.equal(drawn((await picture('ann', polygons.id, 0)).shapes), [eight]);
  const mask: AnnotationShape = { kind: 'mask', rle: { width: 10, height: 10, counts: '0T3' }, label: 1 };
  assert.ok(
    ['annotation_mask_size', 'annotation_shape_empty'].includes((await room.save('ann', polygons.id, 1, { base: 0, state: 'done', shapes: [mask] })).body.code),
  );
});

test('only what has changed of the shapes is sent; all of them are there at once, after a kill too', async () => {
  const n = 2;
  const save = (base: number, changes: ShapeChanges | undefined, state: 'todo' | 'done' = 'done') =>
    room.save('ann', polygons.id, n, { base, state, ...(changes === undefined ? {} : { changes }) });
  const square = (id: number, at: number, label = 1): AnnotationShape => ({
    id,
    kind: 'polygon',
    parts: [{ outer: [at, at, at + 5, at, at + 5, at + 5, at, at + 5], holes: [] }],
    label,
  });
  const seen = async () => (await picture('ann', polygons.id, n)).shapes;
  assert.is((await save(0, { put: [square(1, 1), square(2, 2), square(3, 3)], removed: [] })).body.revision, 1);
  assert.is((await save(1, { put: [square(2, 12, 2), square(9, 9)], removed: [1] })).body.revision, 2);
  assert.equal(await seen(), [square(2, 12, 2), square(3, 3), square(9, 9)]);
  // Without changes they stay; a new one without an id comes after all others, and what sticks out is cut off.
  assert.is((await save(2, undefined, 'todo')).body.state, 'todo');
  const { id: _, ...unnamed } = square(1, HEIGHT - 3);
  const cut = await save(3, { put: [unnamed], removed: [] });
  assert.equal(
    cut.body.shapes?.map(({ id }) => id),
    [10],
  );
  assert.equal(
    (await seen()).map(({ id }) => id),
    [2, 3, 9, 10],
  );
  // Refused as a whole, with the number that the shape has in the picture; against an older revision, too.
  const empty = await save(4, {
    put: [square(11, 1), { ...square(3, 3), parts: [{ outer: [1, 1, 5, 5, 9, 9], holes: [] }] } as AnnotationShape],
    removed: [9],
  });
  assert.equal([empty.body.code, empty.body.params], ['annotation_shape_empty', { number: 2 }]);
  const bare = await save(4, { put: [square(9, 9, 0)], removed: [2] });
  assert.equal([bare.body.code, bare.body.params], ['annotation_shape_unlabelled', { number: 2 }]);
  assert.is((await save(3, { put: [], removed: [2, 3, 9, 10] })).body.code, 'annotation_outdated');
  const many = Array.from({ length: 9999 }, (_, i) => square(100 + i, 1));
  assert.is((await save(4, { put: many, removed: [] })).body.code, 'annotation_too_many_shapes');
  // After the last id that there can be none is left.
  const last = await save(4, { put: [square(2 ** 31, 1), unnamed], removed: [] });
  assert.equal([last.status, last.body.code], [400, 'invalid_input']);
  assert.equal(
    (await seen()).map(({ id }) => id),
    [2, 3, 9, 10],
  );

  await room.restart('SIGKILL');
  assert.equal((await seen()).slice(0, 3), [square(2, 12, 2), square(3, 3), square(9, 9)]);
  assert.is((await save(4, { put: [], removed: [2, 10] })).body.revision, 5);
  assert.equal(await seen(), [square(3, 3), square(9, 9)]);
});

test('classes change while others label: names and keys are unique, deleted ones move or go', async () => {
  const path = `/api/annotation/tasks/${boxes.id}/classes`;
  const ann = room.client('ann');
  const call = (method: string, to: string, body: unknown) => ann.call<AnnotationClasses & ErrorReply>(method, path + to, body);
  const made = (await call('POST', '', { name: 'Dent', colour: '#112233', hotKey: 'd' })).body.classes;
  assert.equal(
    made.map(({ id, name, hotKey }) => [id, name, hotKey]),
    [
      [1, 'OK', '1'],
      [2, 'NG', '2'],
      [3, 'Dent', 'd'],
    ],
  );
  assert.is((await call('POST', '', { name: ' dent ' })).body.code, 'annotation_class_taken');
  assert.is((await call('PATCH', '/2', { hotKey: 'd' })).body.code, 'annotation_key_taken');
  assert.is((await call('PATCH', '/3', { name: 'Deep dent', colour: '#445566' })).body.classes[2]!.name, 'Deep dent');
  assert.equal(
    (await call('PUT', '/order', { ids: [3, 1] })).body.classes.map(({ id }) => id),
    [3, 1, 2],
  );
  assert.is((await room.client('ben').call<ErrorReply>('POST', path, { name: 'x' })).body.code, 'annotation_not_yours');

  await room.save('ann', boxes.id, 1, { base: 0, state: 'done', shapes: [box(1, 1, 5, 5, 2), box(9, 9, 5, 5, 3), box(15, 9, 5, 5, 1)] });
  await room.save('ann', boxes.id, 2, { base: 0, state: 'done', shapes: [box(1, 1, 5, 5, 3)] });
  const uses = async () => new Map((await ann.ok<AnnotationClasses>('GET', path)).classes.map(({ id, uses: count }) => [id, count]));
  const before = await uses();
  assert.equal([before.get(3), before.get(2)], [2, 2]);
  // Many at once: each is either whole or refused, none is lost.
  await Promise.all(Array.from({ length: 8 }, (_, i) => call('POST', '', { name: `Extra ${i}` })));
  assert.is((await uses()).size, 11);
  await call('POST', '/3/delete', { moveTo: 2 });
  assert.equal([(await uses()).get(2), (await uses()).has(3)], [4, false]);
  assert.equal(drawn((await picture('ann', boxes.id, 2)).shapes), [box(1, 1, 5, 5, 2)]);
  // A browser that does not know of it yet has not worked in vain.
  const merged = await room.save('ann', boxes.id, 3, { base: 0, state: 'done', shapes: [box(1, 1, 5, 5, 3)] });
  assert.equal([merged.status, drawn(merged.body.shapes)], [200, [box(1, 1, 5, 5, 2)]]);
  await call('POST', '/2/delete', { moveTo: null });
  const refused = await room.save('ann', boxes.id, 3, { base: 1, state: 'done', shapes: [box(1, 1, 5, 5, 3)] });
  assert.equal([refused.status, refused.body.code, refused.body.params], [409, 'annotation_class_deleted', { name: 'Deep dent' }]);
  assert.equal(drawn((await picture('ann', boxes.id, 1)).shapes), [box(15, 9, 5, 5, 1)]);
  // Nothing is left of what was marked in it: that is not the same as nothing to mark.
  assert.equal([(await picture('ann', boxes.id, 2)).shapes, (await picture('ann', boxes.id, 2)).state], [[], 'todo']);
  assert.is((await picture('ann', boxes.id, 1)).state, 'done');
  assert.is((await room.client('dev').call<ErrorReply>('POST', `/api/annotation/tasks/${boxes.id}/complete`)).body.code, 'annotation_not_finished');
  // Nobody sees the shapes of a deleted class: a refusal does not count them.
  const bare = await room.save('ann', boxes.id, 1, { base: 1, state: 'done', changes: { put: [{ ...box(15, 9, 5, 5, 0), id: 3 }], removed: [] } });
  assert.equal([bare.body.code, bare.body.params], ['annotation_shape_unlabelled', { number: 1 }]);

  // In a classification a picture without its class has to be done again.
  await room.client('dev').ok('POST', `/api/annotation/tasks/${task.id}/classes`, { name: 'Doubtful' });
  for (const n of [2, 3, 12]) await room.save('dev', task.id, n, { base: 0, state: 'done', label: 3 });
  // What somebody else was given is labelled with it, or what was accepted: only the reviewer deletes it, or turns it into another one.
  const deletable = async (who: string) => {
    const { classes } = await room.client(who).ok<AnnotationClasses>('GET', `/api/annotation/tasks/${task.id}/classes`);
    return classes.filter((one) => one.deletable).map(({ id }) => id);
  };
  const deletion = (moveTo: number | null) => room.client('ann').call<ErrorReply>('POST', `/api/annotation/tasks/${task.id}/classes/3/delete`, { moveTo });
  for (const moveTo of [null, 1]) {
    const refused = await deletion(moveTo);
    assert.equal([refused.status, refused.body.code, refused.body.params], [403, 'annotation_class_used', { name: 'Doubtful', reviewer: 'dev name' }]);
  }
  assert.equal(
    [await deletable('ann'), await deletable('dev')],
    [
      [1, 2],
      [1, 2, 3],
    ],
  );
  await room.save('dev', task.id, 12, { base: 1, state: 'todo', label: null });
  assert.equal(await deletable('ann'), [1, 2, 3]);
  await room.client('dev').ok('POST', `/api/annotation/tasks/${task.id}/review`, { verdict: 'accept', pictures: [2] });
  assert.is((await deletion(null)).body.code, 'annotation_class_used');
  const done = (await room.client('dev').ok<AnnotationTask>('GET', `/api/annotation/tasks/${task.id}`)).done;
  await room.client('dev').ok('POST', `/api/annotation/tasks/${task.id}/classes/3/delete`, { moveTo: null });
  assert.is((await room.client('dev').ok<AnnotationTask>('GET', `/api/annotation/tasks/${task.id}`)).done, done - 2);
  const lost = await picture('ann', task.id, 2);
  assert.equal([lost.state, lost.label, lost.review, lost.lockedBy], ['todo', null, 'none', null], 'whoever had labelled it can do so again');
  assert.is((await room.save('ann', task.id, 2, { base: 2, state: 'done', label: 1 })).body.review, 'none');
  await room.client('dev').ok('POST', `/api/annotation/tasks/${task.id}/classes`, { name: 'Unsure' });
  await room.client('dev').ok('POST', `/api/annotation/tasks/${task.id}/classes/4/delete`, { moveTo: 1 });
  assert.is((await room.save('dev', task.id, 8, { base: 0, state: 'done', label: 4 })).status, 200);
  assert.equal([(await picture('ann', task.id, 8)).state, (await picture('ann', task.id, 8)).label], ['done', 1]);
});

test('many pictures get a class at once; what somebody else has changed is told apart', async () => {
  await room.save('ann', task.id, 5, { base: 0, state: 'done', label: 2 });
  const body = { pictures: [4, 5, 6, 15].map((n) => ({ n, base: 0 })), state: 'done', label: 1 };
  const { saved, refused } = await room.client('ann').ok<LabelledMany>('POST', `/api/annotation/tasks/${task.id}/label`, body);
  assert.equal(
    saved.map(({ n }) => n),
    [4, 6],
  );
  assert.equal(refused, [
    { n: 5, code: 'annotation_outdated' },
    { n: 15, code: 'annotation_not_yours' },
  ]);
});

test('whoever looks at the task hears of saves and of who has a picture open', async () => {
  const stream = await listen(room.client('ben'), `/api/events?task=${task.id}`);
  const heard = (type: string) =>
    stream.messages
      .filter(({ event }) => event === 'annotation')
      .map(({ data }) => data as AnnotationMessage)
      .filter((message) => message.type === type);
  await room.save('ann', task.id, 7, { base: 0, state: 'done', label: 2, saveId: 'mine-0007' });
  await until(() => heard('picture').length > 0);
  assert.equal(heard('picture')[0], {
    ...{ taskId: task.id, type: 'picture', n: 7, revision: 1, state: 'done', review: 'none', label: 2, partId: 1, by: 'ann name', saveId: 'mine-0007' },
  });
  const at = (who: string, n: number | null, tab: string) => room.client(who).ok<PresenceReply>('PUT', `/api/annotation/tasks/${task.id}/presence`, { n, tab });
  assert.equal((await at('ann', 7, 'tab-of-ann')).others, []);
  assert.equal((await at('dev', 7, 'tab-of-dev')).others, [{ id: room.id('ann'), name: 'ann name' }]);
  assert.equal((await picture('ann', task.id, 7)).openBy, [{ id: room.id('dev'), name: 'dev name' }]);
  await at('dev', null, 'tab-of-dev');
  assert.equal((await at('ann', 7, 'tab-of-ann')).others, []);
  await until(() => heard('presence').length === 3);
  // In another tab one is somebody else.
  assert.equal((await at('ann', 7, 'another-of-ann')).others, [{ id: room.id('ann'), name: 'ann name' }]);
  await until(() => heard('presence').length === 4);
  assert.equal((heard('presence')[3] as { people?: unknown }).people, [{ id: room.id('ann'), name: 'ann name', tabs: 2 }]);
  // The list hears, too, an annotator's included.
  await until(() => stream.messages.some(({ event, data }) => event === 'change' && (data as { kind: string }).kind === 'annotation'));
  await stream.close();
});

test('shapes become labels of the dataset, and after a kill all that was saved is there', async () => {
  const small = await room.task('Killed', { model: 'detection', count: 5, people: ['ann'] });
  for (let n = 0; n < 5; n++) {
    const saved = await room.save('ann', small.id, n, { base: 0, state: n === 3 ? 'delete' : 'done', shapes: n === 2 ? [] : [box(n, n, 5, 5, 1 + (n % 2))] });
    assert.is(saved.status, 200);
  }
  const more: ShapeChanges = {
    put: [
      { id: 2, ...box(20, 20, 5, 5, 2) },
      { id: 3, ...box(9, 9, 5, 5, 1) },
    ],
    removed: [],
  };
  assert.is((await room.save('ann', small.id, 0, { base: 1, state: 'done', changes: more })).status, 200);
  assert.is((await room.save('ann', small.id, 0, { base: 2, state: 'done', changes: { put: [], removed: [3] } })).status, 200);
  await room.restart('SIGKILL');
  const later = await room.client('ann').ok<AnnotationTask>('GET', `/api/annotation/tasks/${small.id}`);
  assert.equal([later.done, later.deleted], [4, 1]);
  assert.equal(drawn((await picture('ann', small.id, 4)).shapes), [box(4, 4, 5, 5, 1)]);
  await room.client('dev').ok('POST', `/api/annotation/tasks/${small.id}/complete`);
  await room.client('dev').until<AnnotationTask>(`/api/annotation/tasks/${small.id}`, ({ status }) => status === 'completed');
  const dataset = await room.client('dev').ok<Dataset>('GET', `/api/datasets/${small.datasetId}`);
  assert.equal([dataset.count, dataset.labelledCount], [4, 4]);
  assert.equal(
    dataset.classes.map(({ name, count, shapes }) => [name, count, shapes]),
    [
      ['OK', 2, 2],
      ['NG', 2, 2],
    ],
  );
});

test.run();
