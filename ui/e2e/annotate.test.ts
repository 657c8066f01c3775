/** Annotation as people do it: distributing, boxes, polygons, brush, labels of whole pictures, undo, two tabs on one picture, no line, review and Complete. */
import type { Locator, Page, Request } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ZipFile } from 'yazl';
import { Client, PASSWORD } from '../../server/daemon.fixture.ts';
import type { AnnotatedPicture, AnnotationClasses, AnnotationTask, PictureSave } from '../../server/http/annotation-schemas.ts';
import type { Dataset, ModelKind, Project, User } from '../../server/http/schemas.ts';
import {
  ADMIN,
  type CheckOptions,
  checkPage,
  checkTroubles,
  countBecomes,
  ignoreTroubles,
  newPage,
  type Studio,
  setUp,
  signIn,
  signInElsewhere,
  startStudio,
  tells,
} from './studio.ts';

const annotate = suite('annotate');
const WIDTH = 320;
const HEIGHT = 240;
let studio: Studio;
let page: Page;
let admin: Client;
let dev: Client;
const ids: Record<string, number> = {};
/** Colours, widths and both languages are looked at in the first pictures of the screen; the others differ in the middle. */
const ONCE = { themes: ['light'], sizes: [[1280, 800]] } satisfies CheckOptions;
const TASKS = {
  박스: ['detection', 4, 'dev', []],
  폴리곤: ['instance_segmentation', 3, 'dev', ['균열', '기포']],
  픽셀: ['semantic_segmentation', 2, 'dev', ['바탕', '결함']],
  분류: ['classification', 30, 'dev', ['양품', '불량']],
  둘이서: ['detection', 2, 'dev', ['긁힘']],
  정전: ['detection', 2, 'dev', ['긁힘']],
  검수: ['classification', 3, 'ann', ['양품', '불량']],
  터치: ['instance_segmentation', 3, 'dev', ['균열']],
} satisfies Record<string, [ModelKind, number, string, string[]]>;
type Name = keyof typeof TASKS;
/** Made at once in the beginning: each waits for its own pictures only. */
const tasks = new Map<Name, Promise<AnnotationTask>>();

/** Pictures that a person can tell apart: a grey part with a bright spot somewhere. */
async function pictures(count: number): Promise<Buffer> {
  const zip = new ZipFile();
  for (let i = 0; i < count; i++) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><rect width="100%" height="100%" fill="#5b6470"/><rect x="40" y="40" width="240" height="160" rx="12" fill="#8d96a3"/><circle cx="${80 + ((i * 37) % 160)}" cy="${80 + ((i * 53) % 80)}" r="${8 + (i % 5) * 4}" fill="${i % 2 ? '#c9503c' : '#e6e9ee'}"/></svg>`;
    zip.addBuffer(await sharp(Buffer.from(svg)).png().toBuffer(), `part-${String(i + 1).padStart(3, '0')}.png`);
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

let uploading: Promise<unknown> = Promise.resolve();

async function dataset(name: string, model: ModelKind, count: number): Promise<{ project: Project; dataset: Dataset }> {
  const project = await dev.ok<Project>('POST', '/api/projects', { name: `${name} 프로젝트`, groupId: 1, description: '', type: 'image', model });
  const zip = await pictures(count);
  // One after another: a person may have only some uploads under way.
  const turn = uploading.then(async () => {
    const uploadId = await dev.upload('pictures.zip', zip);
    return dev.ok<Dataset>('POST', `/api/projects/${project.id}/datasets`, { name, description: '', visibility: 'private', uploadId });
  });
  uploading = turn.catch(() => {});
  const made = await turn;
  return { project, dataset: await dev.until<Dataset>(`/api/datasets/${made.id}`, (one) => one.status === 'ready', 180) };
}

const task = (name: Name) => tasks.get(name) as Promise<AnnotationTask>;

/** A task with its labels. */
async function makeTask(name: Name): Promise<AnnotationTask> {
  const [model, count, person, labels] = TASKS[name];
  const made = await dataset(name, model, count);
  const one = await dev.ok<AnnotationTask>('POST', `/api/datasets/${made.dataset.id}/annotation`, { annotatorIds: [ids[person]] });
  for (const label of labels) await dev.ok<AnnotationClasses>('POST', `/api/annotation/tasks/${one.id}/classes`, { name: label });
  return one;
}

const picture = (of: AnnotationTask, n: number) => dev.ok<AnnotatedPicture>('GET', `/api/annotation/tasks/${of.id}/pictures/${n}`);
const saved = (on: Page) => on.locator('.save-state.saved').waitFor();

/** Screen places of picture pixels: the picture is fitted into the stage with a margin of 16. */
async function placer(on: Page): Promise<(x: number, y: number) => { x: number; y: number }> {
  const box = (await on.locator('.easel').boundingBox()) as { x: number; y: number; width: number; height: number };
  const scale = Math.min((box.width - 32) / WIDTH, (box.height - 32) / HEIGHT);
  return (x, y) => ({ x: box.x + (box.width - WIDTH * scale) / 2 + x * scale, y: box.y + (box.height - HEIGHT * scale) / 2 + y * scale });
}
async function drag(on: Page, from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  await on.mouse.move(from.x, from.y);
  await on.mouse.down();
  await on.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 3 });
  await on.mouse.move(to.x, to.y, { steps: 3 });
  await on.mouse.up();
}
const near = (a: number, b: number, by = 2) => assert.ok(Math.abs(a - b) <= by, `${a} is not near ${b}`);
async function open(on: Page, of: AnnotationTask, n = 0): Promise<void> {
  await on.goto(`/annotations/${of.id}?n=${n + 1}`);
  await on.locator('.film.current').waitFor();
  await on.locator('.desk-name', { hasText: `part-${String(n + 1).padStart(3, '0')}` }).waitFor();
}
const films = (on: Page, state: string): Locator => on.locator(`.film .film-state.${state}`);

annotate.before(async () => {
  studio = await startStudio();
  page = await newPage(studio);
  await setUp(studio, page);
  admin = await new Client(studio.url).signIn(ADMIN.userId, ADMIN.password);
  for (const [userId, name, role] of [
    ['dev', '이검수', 'developer'],
    ['ann', '박라벨', 'annotator'],
    ['ben', '최라벨', 'annotator'],
  ] as const) {
    ids[userId] = (await admin.ok<User>('POST', '/api/users', { userId, name, password: PASSWORD, role, groupIds: [1], locale: 'ko' })).id;
  }
  dev = await new Client(studio.url).signIn('dev');
  for (const name of Object.keys(TASKS) as Name[]) {
    const made = makeTask(name);
    made.catch(() => {});
    tasks.set(name, made);
  }
  await page.context().clearCookies();
  await page.goto('/');
  await page.locator('form').waitFor();
  await signIn(page, { userId: 'dev', password: PASSWORD });
  await page.locator('.table-box').waitFor();
});
annotate.after(async () => {
  await studio.stop();
});

annotate('Add Label divides the pictures evenly, and the task stands in the list', async () => {
  const { project } = await dataset('볼트 표면', 'detection', 11);
  await page.goto(`/projects/${project.id}/data`);
  await page.locator('td.more button').click();
  await page.locator('[role=menu] .menu-item', { hasText: '라벨 추가' }).click();
  await page.locator('dialog .share-table').waitFor();
  assert.equal(
    await page
      .locator('.share-table td.end')
      .allTextContents()
      .then((all) => all.slice(0, 2)),
    ['6장', '5장'],
    'the annotators are ticked',
  );
  await checkPage(page, 'add-label', { sizes: [[1280, 800]] });
  await page.locator('dialog button[type=submit]').click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.locator('.rail a', { hasText: '라벨링' }).click();
  await page.waitForURL('**/annotations');
  await page.locator('tr', { hasText: '볼트 표면' }).locator('.chip.blue').waitFor();
  await checkPage(page, 'annotations');
  // Filters that were cleared stay so, that of the page too.
  const mine = page.locator('.table-tools input[type=checkbox]');
  await mine.check();
  await page.locator('[data-search]').fill('no such task');
  await page.locator('.table-message button:visible').click();
  await page.locator('tr', { hasText: '볼트 표면' }).waitFor();
  await page.locator('.rail a', { hasText: '홈' }).click();
  await page.locator('.rail a', { hasText: '라벨링' }).click();
  await page.locator('tr', { hasText: '볼트 표면' }).waitFor();
  assert.is(await mine.isChecked(), false);
  await page.locator('td.more button').first().click();
  await page.locator('[role=menu] .menu-item', { hasText: '작업자와 진행' }).click();
  await page.locator('.part-list li').first().waitFor();
  await checkPage(page, 'annotation-parts', ONCE);
});

annotate('boxes: made, chosen, resized, moved, labelled, taken back, saved without a press', async () => {
  const of = await task('박스');
  await open(page, of);
  await page.locator('.desk-message .primary').waitFor();
  await checkPage(page, 'annotate-start', ONCE);
  await page.locator('.desk-message .primary').click();
  await page.locator('dialog .label-add input').fill('긁힘');
  await page.keyboard.press('Enter');
  await page.locator('.label-row').first().waitFor();
  await page.locator('dialog .label-add input').fill('얼룩');
  await page.keyboard.press('Enter');
  await page.locator('.label-row').nth(1).waitFor();
  await checkPage(page, 'manage-labels', ONCE);
  await page.locator('dialog .dialog-foot button[type=submit]').click();
  await page.locator('dialog').waitFor({ state: 'detached' });

  const at = await placer(page);
  await drag(page, at(60, 60), at(120, 110));
  await drag(page, at(200, 120), at(400, 220));
  await page.locator('.shape-row').nth(1).waitFor();
  await saved(page);
  let [first, second] = (await picture(of, 0)).shapes as { kind: 'box'; x: number; y: number; width: number; height: number; label: number }[];
  near(first!.x, 60);
  near(first!.width, 60);
  assert.is(second!.x + second!.width, WIDTH, 'cut at the edge of the picture');
  assert.is((await picture(of, 0)).state, 'done');

  // The second label for the chosen one by its key, the corner and the border dragged.
  const sent: PictureSave[] = [];
  const hear = (request: Request) => {
    if (request.method() === 'PUT' && request.url().endsWith('/pictures/0')) sent.push(request.postDataJSON() as PictureSave);
  };
  page.on('request', hear);
  await page.keyboard.press('2');
  await drag(page, at(60, 80), at(80, 90));
  await drag(page, at(140, 120), at(160, 140));
  await saved(page);
  page.off('request', hear);
  assert.ok(sent.length > 0 && sent.every(({ shapes, changes }) => shapes === undefined && changes !== undefined), 'what has changed is sent, not the picture');
  [first, second] = (await picture(of, 0)).shapes as NonNullable<typeof first>[];
  assert.is.not(first!.label, second!.label);
  near(first!.x, 80);
  near(first!.y, 70);
  near(first!.width, 80);
  near(first!.height, 70);
  await checkPage(page, 'annotate-boxes');

  // A hidden layer is not chosen unseen; picking its label shows it again.
  const eye = page.locator('.tag-eye').first();
  // The list follows in the next frame.
  const chosen = (count: number) => countBecomes(page.locator('.shape-row.selected'), count);
  await eye.click();
  await page.keyboard.press('Control+a');
  await chosen(1);
  await page.keyboard.press('Escape');
  await page.keyboard.press('1');
  await page.locator('.tag-eye[aria-pressed=true]').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+a');
  await chosen(2);
  await eye.click();
  await chosen(1);
  await page.keyboard.press('Escape');
  await page.keyboard.press('1');
  await page.keyboard.press('.');
  await chosen(1);

  // What is drawn while labels are hidden is seen.
  const show = page.locator('.tools button[aria-label="라벨 보이기"]');
  await page.keyboard.press('s');
  await show.and(page.locator('[aria-pressed=false]')).waitFor();
  await drag(page, at(20, 200), at(50, 225));
  await show.and(page.locator('[aria-pressed=true]')).waitFor();
  await page.keyboard.press('Control+z');
  await page.keyboard.press('.');
  await chosen(1);

  await page.keyboard.press('Delete');
  await page.locator('.shape-row').nth(1).waitFor({ state: 'detached' });
  for (let i = 0; i < 6; i++) await page.keyboard.press('Control+z');
  // Everything taken back.
  await countBecomes(page.locator('.shape-row'), 0);
  for (let i = 0; i < 5; i++) await page.keyboard.press('Control+y');
  await page.locator('.shape-row').nth(1).waitFor();
  await saved(page);
  assert.equal((await picture(of, 0)).shapes, [first, second], 'and made again');
  await page.keyboard.press('c');
  await page.locator('.desk-name', { hasText: 'part-002' }).waitFor();
  await page.locator('.shape-row').nth(1).waitFor();
  await saved(page);
  assert.is((await picture(of, 1)).shapes.length, 2, 'copied to the next picture');

  // A key that a tool has belongs to the label that it is given to; a label in use goes only with an answer about its shapes.
  await page.keyboard.press('m');
  await page.locator('.label-row').nth(1).waitFor();
  assert.equal(await page.locator('.label-uses').allTextContents(), ['2', '2'], 'uses of just now');
  await page.locator('.label-row').nth(0).locator('.hot-key').fill('v');
  await page.keyboard.press('Enter');
  await page.locator('.tag kbd', { hasText: 'V' }).waitFor({ state: 'attached' });
  await page.locator('.label-row').nth(1).locator('button').last().click();
  await page.locator('dialog select').waitFor();
  await checkPage(page, 'delete-label', ONCE);
  await page.locator('dialog .dialog-foot .danger').click();
  await page.locator('.label-row').nth(1).waitFor({ state: 'detached' });
  await page.locator('dialog .dialog-foot button[type=submit]').click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  await countBecomes(page.locator('.shape-label .cut', { hasNotText: '긁힘' }), 0);
  const moved = (await picture(of, 1)).shapes;
  assert.equal(new Set(moved.map((shape) => shape.label)), new Set([first!.label]), 'moved to the other label');
  await page.locator('.shape-number').first().click();
  await page.keyboard.press('v');
  await page.locator('.shape-label .cut', { hasText: '라벨 선택' }).waitFor();
  await page.keyboard.press('v');
  await saved(page);
  await page.keyboard.press('?');
  const keyV = page.locator('.keys div:has(kbd:text-is("V")) dd');
  await keyV.first().waitFor();
  assert.equal(await keyV.allTextContents(), ['라벨: 긁힘']);
  await checkPage(page, 'annotate-keys', ONCE);
  await page.keyboard.press('Escape');
  // A search leads to the next match and gives the keys back to the picture.
  await page.locator('.films-jump').fill('part-00');
  await page.keyboard.press('Enter');
  await page.locator('.desk-name', { hasText: 'part-003' }).waitFor();
  await page.keyboard.press('a');
  await page.locator('.desk-name', { hasText: 'part-002' }).waitFor();
  // A key that comes while the next picture is on its way is not for the one before.
  let arrive = () => {};
  const late = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  await page.route('**/images/0', async (route) => {
    await late;
    await route.continue();
  });
  await page.reload();
  await page.locator('.shape-number').first().click();
  await chosen(1);
  await page.keyboard.press('a');
  for (const key of ['v', 'ArrowUp', 'Delete', 'k']) await page.keyboard.press(key);
  arrive();
  await page.locator('.desk-name', { hasText: 'part-001' }).waitFor();
  await page.unroute('**/images/0');
  await page.keyboard.press('d');
  await page.locator('.desk-name', { hasText: 'part-002' }).waitFor();
  await saved(page);
  const untouched = await picture(of, 1);
  assert.equal([untouched.state, untouched.shapes], ['done', moved], 'as it was before the key');
  // Left at once after a change: it is saved, and nothing is asked.
  await drag(page, at(20, 20), at(50, 50));
  await page.locator('.work-head a').first().click();
  await page.waitForURL('**/annotations');
  assert.is((await picture(of, 1)).shapes.length, 3);
  checkTroubles(page);
});

annotate('polygons: closed by Enter and at the start, given up, corners dragged, put in and taken out, holes', async () => {
  const of = await task('폴리곤');
  await open(page, of);
  const at = await placer(page);
  const click = async (x: number, y: number) => page.mouse.click(at(x, y).x, at(x, y).y);
  for (const [x, y] of [
    [50, 50],
    [150, 50],
    [150, 130],
  ] as const)
    await click(x, y);
  // Neither a key that would lose it nor one that moves the picture takes what is begun away.
  const points = (count: number) => page.locator('.draw-bar b', { hasText: `점 ${count}개` }).waitFor();
  await tells(page, '먼저 완성', async () => {
    for (const key of ['d', 'ArrowRight', 'u', 'v', 'o', 'Control+y', 'q', 'p']) await page.keyboard.press(key);
  });
  await page.locator('.film-open').nth(1).click();
  await points(3);
  await page.locator('.desk-name', { hasText: 'part-001' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.draw-bar').waitFor({ state: 'hidden' });
  assert.is(await page.locator('.shape-row').count(), 0, 'given up');
  for (const [x, y] of [
    [50, 50],
    [150, 50],
    [150, 130],
    [50, 130],
  ] as const)
    await click(x, y);
  // A colleague saves the picture meanwhile: the points go on in what there is now.
  await tells(page, '저장하여', () => dev.ok('PUT', `/api/annotation/tasks/${of.id}/pictures/0`, { base: 0, state: 'todo', shapes: [] }));
  await points(4);
  await page.keyboard.press('Enter');
  await page.locator('.shape-row').first().waitFor();
  // A corner is dragged, one is put into an edge, another taken out.
  await drag(page, at(150, 130), at(170, 140));
  await click(100, 50);
  await page.locator('.shape-row').first().waitFor();
  await page.keyboard.press('2');
  await page.keyboard.press('o');
  for (const [x, y] of [
    [80, 80],
    [110, 80],
    [95, 100],
    [80, 80],
  ] as const)
    await click(x, y);
  await saved(page);
  type Polygon = { kind: 'polygon'; parts: { outer: number[]; holes: number[][] }[]; label: number };
  const [polygon] = (await picture(of, 0)).shapes as Polygon[];
  assert.is(polygon?.parts[0]?.outer.length, 10, 'five corners');
  assert.is(polygon?.parts[0]?.holes.length, 1);
  assert.is(polygon?.parts[0]?.holes[0]?.length, 6);
  near(polygon!.parts[0]!.outer[6] as number, 170);
  await checkPage(page, 'annotate-polygons', ONCE);
  // A hole outside is refused with a reason.
  for (const [x, y] of [
    [200, 200],
    [240, 200],
    [220, 220],
  ] as const)
    await click(x, y);
  await page.keyboard.press('Enter');
  await page.locator('.toast', { hasText: '폴리곤 안에' }).waitFor();
  await page.keyboard.press('p');
  await page.keyboard.press('Escape');
  // A line drawn with the button down is a polygon, too.
  const round = Array.from({ length: 25 }, (_, i) => at(240 + 30 * Math.cos((i * 2 * Math.PI) / 24), 150 + 30 * Math.sin((i * 2 * Math.PI) / 24)));
  await page.mouse.move(round[0]!.x, round[0]!.y);
  await page.mouse.down();
  for (const to of round) await page.mouse.move(to.x, to.y);
  await page.mouse.up();
  await page.locator('.shape-row').nth(1).waitFor();
  // Choosing in the list shows it in the picture; the label is chosen there, and the bin takes it away.
  await page.locator('.shape-number').first().click();
  // The one just drawn was chosen until now; the list follows in the next frame.
  const firstRow = page.locator('.shape-row').first();
  await countBecomes(firstRow.and(page.locator('.selected')), 1);
  await firstRow.locator('.shape-label').click();
  await page.locator('[role=menu] .menu-item', { hasText: '균열' }).click();
  await page.locator('.shape-row').nth(1).locator('[data-do=remove]').click();
  await page.locator('.shape-row').nth(1).waitFor({ state: 'detached' });
  await saved(page);
  const after = (await picture(of, 0)).shapes as Polygon[];
  assert.is(after.length, 1);
  assert.is.not(after[0]?.label, polygon?.label);
  await page.reload();
  await page.locator('.shape-row').first().waitFor();
  assert.is(await page.locator('.shape-row').count(), 1, 'after a reload it is all there');
  checkTroubles(page);
});

annotate('pixels: brush, eraser, fill and polygons; one label a pixel', async () => {
  const of = await task('픽셀');
  await open(page, of);
  const at = await placer(page);
  await page.locator('.tag').nth(1).click();
  const line = await page.context().newCDPSession(page);
  const pen = (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', x: number, y: number) =>
    line.send('Input.dispatchMouseEvent', { type, ...at(x, y), button: 'left', buttons: type === 'mouseReleased' ? 0 : 1, clickCount: 1, pointerType: 'pen' });
  // A palm comes down in the middle of the stroke.
  const palm = (type: 'touchStart' | 'touchMove' | 'touchEnd', by = 0) =>
    line.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x: at(250, 200).x + by, y: at(250, 200).y, id: 7 }] });
  await pen('mousePressed', 60, 120);
  for (let x = 70; x <= 130; x += 10) await pen('mouseMoved', x, 120);
  await palm('touchStart');
  await palm('touchMove', 30);
  for (let x = 140; x <= 200; x += 10) await pen('mouseMoved', x, 120);
  await palm('touchEnd');
  await pen('mouseReleased', 200, 120);
  await page.keyboard.press('p');
  for (const [x, y] of [
    [220, 40],
    [300, 40],
    [300, 120],
    [220, 120],
  ] as const)
    await page.mouse.click(at(x, y).x, at(x, y).y);
  await page.keyboard.press('Enter');
  await page.keyboard.press('e');
  await drag(page, at(130, 100), at(130, 140));
  await page.locator('.tag').nth(0).click();
  await page.keyboard.press('f');
  await page.mouse.click(at(10, 10).x, at(10, 10).y);
  await saved(page);
  const kept = await picture(of, 0);
  assert.equal(
    kept.shapes.map((shape) => shape.kind),
    ['mask', 'mask'],
  );
  assert.is(kept.state, 'done');
  const { Session } = await import('../annotate/session.ts');
  const pixels = new Session(kept, 'pixel').drawing.pixels!;
  const [ground, defect] = (await dev.ok<AnnotationClasses>('GET', `/api/annotation/tasks/${of.id}/classes`)).classes.map((one) => one.id);
  assert.is(pixels.at(80, 120), defect, 'under the brush');
  assert.is(pixels.at(130, 120), ground, 'rubbed out, then filled from around');
  assert.is(pixels.at(260, 80), defect, 'in the polygon');
  assert.is(pixels.at(5, 235), ground);
  await checkPage(page, 'annotate-pixels', { sizes: [[1280, 800]] });
  for (let i = 0; i < 4; i++) await page.keyboard.press('Control+z');
  await saved(page);
  assert.equal((await picture(of, 0)).shapes, [], 'stroke by stroke taken back');
  assert.is((await picture(of, 0)).state, 'todo');
  // Nothing to mark, until something is painted.
  await page.keyboard.press('t');
  await saved(page);
  assert.is((await picture(of, 0)).state, 'done');
  await page.keyboard.press('r');
  await drag(page, at(60, 60), at(90, 60));
  await saved(page);
  await page.keyboard.press('Control+z');
  await saved(page);
  assert.equal([(await picture(of, 0)).state, (await picture(of, 0)).shapes], ['todo', []]);
  checkTroubles(page);
});

annotate('classes of pictures: one key a picture, again takes it away, many at once in the grid, marks to delete', async () => {
  const of = await task('분류');
  await open(page, of);
  const [good, bad] = (await dev.ok<AnnotationClasses>('GET', `/api/annotation/tasks/${of.id}/classes`)).classes.map((one) => one.id);
  await page.keyboard.press('1');
  await page.locator('.desk-name', { hasText: 'part-002' }).waitFor();
  await page.keyboard.press('2');
  await page.locator('.desk-name', { hasText: 'part-003' }).waitFor();
  await page.keyboard.press('a');
  await page.locator('.desk-name', { hasText: 'part-002' }).waitFor();
  await page.keyboard.press('2');
  await saved(page);
  assert.is((await picture(of, 0)).label, good);
  assert.is((await picture(of, 1)).label, null, 'the same label again takes it away');
  await page.keyboard.press('Control+z');
  await saved(page);
  assert.is.not((await picture(of, 1)).label, null);
  await page.locator('.film').nth(4).locator('.film-bin').click();
  await saved(page);
  assert.is((await picture(of, 4)).state, 'delete');
  await countBecomes(films(page, 'red'), 1);
  await checkPage(page, 'annotate-classes', { sizes: [[1280, 800]] });
  await page.keyboard.press('g');
  await page.locator('.grid-open').nth(9).waitFor();
  await page.locator('.grid-open').nth(6).click();
  await page
    .locator('.grid-open')
    .nth(9)
    .click({ modifiers: ['Shift'] });
  await page.locator('.grid-bar', { hasText: '4장 선택' }).waitFor();
  await checkPage(page, 'annotate-grid', ONCE);
  await page.keyboard.press('1');
  await page.locator('.grid-bar', { hasText: '0장 선택' }).waitFor();
  await page.locator('.work-count', { hasText: '7 / 30' }).waitFor();
  assert.is((await picture(of, 8)).label, good);

  // Keys are for what is chosen in the grid, not for the picture behind it; a save of many is taken back as one.
  const inGrid = async (n: number) => {
    await page.locator('.grid-open').nth(n).click();
    await page.locator('.grid-bar', { hasText: '1장 선택' }).waitFor();
  };
  await inGrid(6);
  await page.keyboard.press('k');
  const marked = page.locator('.grid-open .film-state.red');
  await countBecomes(marked, 2);
  assert.equal([(await picture(of, 6)).state, (await picture(of, 1)).state], ['delete', 'done']);
  // Keys do not wait for what they undo.
  await inGrid(7);
  await page.keyboard.press('k');
  for (let i = 0; i < 3; i++) await page.keyboard.press('Control+z');
  await page.locator('.work-count', { hasText: '3 / 30' }).waitFor();
  assert.equal([(await picture(of, 6)).state, (await picture(of, 7)).state, (await picture(of, 9)).label], ['todo', 'todo', null]);
  assert.is((await picture(of, 1)).state, 'done');
  // Somebody else is faster than what is shown: nothing is overwritten unseen.
  const faster = { base: 0, state: 'done', label: bad! } satisfies PictureSave;
  await page.route(
    /\/pictures\?/,
    async (route) => {
      await dev.ok('PUT', `/api/annotation/tasks/${of.id}/pictures/10`, faster);
      await route.continue();
    },
    { times: 1 },
  );
  await inGrid(10);
  await page.keyboard.press('1');
  await page.locator('.toast', { hasText: '먼저 저장했거나' }).waitFor();
  assert.is((await picture(of, 10)).label, bad);
  await page.keyboard.press('g');
  await page.locator('.work-count', { hasText: '4 / 30' }).waitFor();
  // The reviewer judges marks to delete, too.
  await page.locator('.film-open').nth(4).click();
  await page.locator('.desk-name', { hasText: 'part-005' }).waitFor();
  await page.keyboard.press('y');
  await page.locator('.desk-name', { hasText: 'part-006' }).waitFor();
  assert.equal([(await picture(of, 4)).state, (await picture(of, 4)).review], ['delete', 'accepted']);
  checkTroubles(page);
});

annotate('two tabs on one picture: the second is told, nothing is overwritten', async () => {
  const of = await task('둘이서');
  await open(page, of);
  const other = await newPage(studio, { like: page.context() });
  await open(other, of);
  await page.locator('.desk-foot .chip', { hasText: '나(다른 창)' }).waitFor();
  const at = await placer(page);
  // The other tab does not hear of it: its line is down while the first one saves.
  await other.context().setOffline(true);
  await dev.ok('POST', `/api/annotation/tasks/${of.id}/classes`, { name: '얼룩' });
  await drag(page, at(60, 60), at(120, 110));
  await saved(page);
  await drag(other, at(200, 100), at(260, 160));
  await other.locator('.save-state.unsent').waitFor();
  await checkPage(other, 'annotate-offline', { themes: ['light'], languages: ['ko'], sizes: [[1280, 800]] }).catch(() => ignoreTroubles(other));
  await other.context().setOffline(false);
  await other.locator('dialog .both').waitFor();
  await other.screenshot({ path: 'dist/screenshots/annotate-conflict.ko.light.1280x800.png' });
  near(((await picture(of, 0)).shapes[0] as { x: number }).x, 60);
  await countBecomes(other.locator('.tag:visible'), 2);
  const drawn = other.locator('dialog .both canvas');
  await drawn.nth(1).waitFor();
  const look = (canvas: Locator) => canvas.evaluate((one) => (one as unknown as { toDataURL(): string }).toDataURL());
  assert.is.not(await look(drawn.nth(0)), await look(drawn.nth(1)), 'each with its own box');
  // Enter decides nothing; the question comes again when it is asked for.
  await other.keyboard.press('Enter');
  await other.locator('dialog').waitFor({ state: 'detached' });
  await other.locator('.save-state.conflict').click();
  // The first one hears of it and shows what is saved now.
  await tells(page, '저장하여', () => other.locator('dialog button', { hasText: '내 것으로 저장' }).click());
  await saved(other);
  near(((await picture(of, 0)).shapes[0] as { x: number }).x, 200);
  await other.context().close();
});

annotate('what could not be sent outlives the tab, and goes out at the next visit', async () => {
  const of = await task('정전');
  const worker = await newPage(studio, { like: page.context() });
  await open(worker, of);
  const at = await placer(worker);
  await worker.context().setOffline(true);
  await drag(worker, at(60, 60), at(120, 110));
  await worker.locator('.save-state.unsent').waitFor();
  // The tab is closed the hard way.
  const second = await worker.context().newPage();
  await worker.close();
  assert.is((await picture(of, 0)).shapes.length, 0);
  await second.context().setOffline(false);
  await open(second, of);
  await second.locator('.shape-row').first().waitFor();
  await saved(second);
  near(((await picture(of, 0)).shapes[0] as { x: number }).x, 60);
  const left = await second.evaluate(`new Promise((resolve) => {
    indexedDB.open('ai-studio.annotation').onsuccess = ({ target }) => {
      target.result.transaction('unsent').objectStore('unsent').count().onsuccess = (event) => resolve(event.target.result);
    };
  })`);
  assert.is(left, 0, 'nothing is kept of what is saved');
  // What is being made for other tests would be lost with the daemon.
  await Promise.allSettled(tasks.values());
  // The daemon is killed before the change has reached it.
  const again = studio.restart('SIGKILL');
  await drag(second, at(200, 60), at(260, 110));
  await again;
  await saved(second);
  await dev.signIn('dev');
  assert.is((await picture(of, 0)).shapes.length, 2, 'sent when the daemon is there again');
  // The session ends while somebody labels: the password, and it goes on.
  await second.context().clearCookies();
  await drag(second, at(60, 150), at(120, 200));
  await second.locator('dialog input[type=password]').fill(PASSWORD);
  await second.keyboard.press('Enter');
  await second.locator('dialog').waitFor({ state: 'detached' });
  await saved(second);
  assert.is((await picture(of, 0)).shapes.length, 3);
  await second.context().close();
  await page.reload();
  ignoreTroubles(page);
});

annotate('an annotator reports, the reviewer gives back and accepts, Complete brings the labels to the dataset', async () => {
  const of = await task('검수');
  const ann = await newPage(studio);
  await ann.goto('/');
  await ann.locator('form').waitFor();
  await signIn(ann, { userId: 'ann', password: PASSWORD });
  await ann.waitForURL('**/annotations');
  await ann.locator('a.row-name', { hasText: /^검수$/ }).click();
  await ann.locator('.desk-name', { hasText: 'part-001' }).waitFor();
  for (const key of ['1', '2']) {
    const name = await ann.locator('.desk-name').textContent();
    await ann.keyboard.press(key);
    await ann.locator('.desk-name', { hasNotText: name ?? '' }).waitFor();
  }
  await saved(ann);
  // The picture that is open is given to somebody else, and comes back.
  const give = (part: number, to: string) =>
    dev.ok<AnnotationTask>('POST', `/api/annotation/tasks/${of.id}/reassign`, { partId: part, annotatorIds: [ids[to]] });
  const { parts } = await give(of.parts[0]!.id, 'ben');
  await ann.locator('.desk-note', { hasText: '다른 작업자' }).waitFor();
  await ann.locator('.films-tools .field-note', { hasText: '– / 2' }).waitFor();
  await countBecomes(ann.locator('.tag:enabled'), 0);
  await give(parts.find(({ userId }) => userId === ids.ben)!.id, 'ann');
  await ann.locator('.tag:enabled').first().waitFor();
  await ann.keyboard.press('1');
  await ann.locator('.work-count', { hasText: '3 / 3' }).waitFor();
  await saved(ann);
  assert.is(await ann.locator('.work-head button', { hasText: /^완료$/ }).isVisible(), false, 'Complete is the reviewer’s');
  await ann.locator('.work-head button', { hasText: '작업 완료 알림' }).click();
  await ann.locator('dialog button[type=submit]').click();
  await ann.locator('.desk-note').waitFor();
  // Reported is closed.
  await ann.locator('.tag:disabled').first().waitFor();

  // The whole part comes back with a word, which the line tells when it stands again, is reported again, then a single picture.
  await ann.context().setOffline(true);
  await page.goto('/annotations');
  const row = page.locator('tr', { has: page.locator('.row-name', { hasText: /^검수$/ }) });
  await row.locator('td.more button').click();
  await page.locator('[role=menu] .menu-item', { hasText: '작업자와 진행' }).click();
  await page.locator('.part-list button:visible', { hasText: '돌려보내기' }).click();
  await page.locator('dialog textarea').fill('2번을 다시 봐 주십시오');
  await page.locator('dialog button[type=submit]').click();
  await page.locator('dialog textarea').waitFor({ state: 'detached' });
  await ann.context().setOffline(false);
  await ann.locator('.desk-note', { hasText: '2번을 다시 봐 주십시오' }).waitFor();
  ignoreTroubles(ann);
  // Returned is open again.
  await ann.locator('.tag:enabled').first().waitFor();
  await ann.locator('.work-head button', { hasText: '작업 완료 알림' }).click();
  await ann.locator('dialog button[type=submit]').click();
  await ann.locator('.tag:disabled').first().waitFor();

  await open(page, of);
  await page.keyboard.press('j');
  await page.locator('dialog textarea').fill('다시 봐 주십시오');
  await page.locator('dialog button[type=submit]').click();
  await ann.locator('.film .film-state.orange').waitFor();
  await ann.locator('.film-open').first().click();
  await ann.locator('.desk-note', { hasText: '다시 봐 주십시오' }).waitFor();
  await checkPage(ann, 'annotate-returned', ONCE);
  await signInElsewhere(ann, { userId: 'ann', password: PASSWORD });
  await ann.locator('.tag').nth(1).click();
  await saved(ann);
  assert.is((await picture(of, 0)).review, 'fixed');
  await ann.context().close();

  await page.locator('.film-open').first().click();
  await page.locator('.desk-name', { hasText: 'part-001' }).waitFor();
  // Pressed twice it judges once: the second press is not meant for the next picture.
  let judged = 0;
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route('**/review', async (route) => {
    judged++;
    await answered;
    await route.continue();
  });
  await page.keyboard.press('y');
  await page.keyboard.press('y');
  answer();
  await page.locator('.film .film-state.violet').waitFor();
  assert.is(judged, 1);
  await page.unroute('**/review');
  await page.locator('.work-head button', { hasText: '완료' }).last().click();
  await page.locator('dialog button[type=submit]').click();
  await dev.until<AnnotationTask>(`/api/annotation/tasks/${of.id}`, (one) => one.status === 'completed');
  const labelled = await dev.ok<Dataset>('GET', `/api/datasets/${of.datasetId}`);
  assert.is(labelled.labelledCount, 3);
  await page.locator('.desk-note').waitFor();
  // Completed is closed.
  await page.locator('.tag:disabled').first().waitFor();
});

annotate('fingers: a polygon by taps, two fingers zoom and move', async () => {
  const of = await task('터치');
  const tablet = await newPage(studio, { like: page.context(), touch: true, width: 1024, height: 768 });
  await open(tablet, of);
  const at = await placer(tablet);
  for (const [x, y] of [
    [40, 40],
    [200, 40],
    [200, 160],
    [60, 180],
  ] as const)
    await tablet.touchscreen.tap(at(x, y).x, at(x, y).y);
  await checkPage(tablet, 'annotate-tablet', { themes: ['light'], sizes: [[1024, 768]] });
  const line = await tablet.context().newCDPSession(tablet);
  const box = (await tablet.locator('.easel').boundingBox()) as { x: number; y: number; width: number; height: number };
  const [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2];
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', apart: number, by = 0) =>
    line.send('Input.dispatchTouchEvent', {
      type,
      touchPoints:
        type === 'touchEnd'
          ? []
          : [
              { x: cx - apart + by, y: cy + by, id: 1 },
              { x: cx + apart + by, y: cy + by, id: 2 },
            ],
    });
  // What the fingers did is seen in the next frame.
  const zoom = async () => {
    await tablet.evaluate('new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))');
    return Number.parseInt((await tablet.locator('.desk-zoom').textContent()) ?? '', 10);
  };
  const before = await zoom();
  await touch('touchStart', 40);
  for (const apart of [50, 60, 70, 80]) await touch('touchMove', apart);
  const after = await zoom();
  assert.ok(after > before * 1.6, `${before} % became ${after} %`);
  const corner = "document.querySelector('.easel-top').toDataURL()";
  const drawn = await tablet.evaluate(corner);
  for (const by of [20, 40, 60]) await touch('touchMove', 80, by);
  await touch('touchEnd', 0);
  near(await zoom(), after);
  assert.is.not(await tablet.evaluate(corner), drawn, 'what is drawn has moved');
  // The points that were set are still there, and the fingers have added none.
  // A tap that a busy box makes long is no click.
  await tablet.locator('.draw-bar b', { hasText: '4' }).waitFor();
  await tablet.locator('.draw-bar button').nth(1).click();
  await tablet.locator('.draw-bar b', { hasText: '3' }).waitFor();
  await tablet.locator('.draw-bar .primary').click();
  await saved(tablet);
  const [only, ...more] = (await picture(of, 0)).shapes as { parts: { outer: number[] }[] }[];
  assert.is(only?.parts[0]?.outer.length, 6, 'one of four points was taken back');
  assert.is(more.length, 0, 'two fingers draw nothing');
  checkTroubles(tablet);
  await tablet.context().close();
});

annotate.run();
