/**
 * The work screen of annotation in a real browser (CHROMIUM, default /usr/bin/chromium, headless): a picture of 4000 × 3000 with --polygons (3000) polygons of
 * 20 points. A JSON line a figure: open_ms (from the click in the list to the last shape drawn); for pan, zoom, dragging a corner and what follows a change (it is
 * saved, the list of shapes is shown anew) frame_p50_ms and frame_p95_ms (between frames, whether or not something moved), late_p95_ms (from an event of the
 * pointer to the end of the frame that answers it), work_p95_ms (script and canvas of a frame) and calls_p95 (draw calls a frame); next_ms: from the key to the
 * next picture on the screen. Without a GPU the browser draws in software, and on a busy machine frames wait for their turn: `idle` says how long frames take
 * while nothing happens.
 *
 *     ./scripts/bench annotate-screen [--polygons 3000] [--width 1280] [--height 800]
 */
import { parseArgs } from 'node:util';
import { type CDPSession, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { ZipFile } from 'yazl';
import { Daemon, PASSWORD } from '../../server/daemon.fixture.ts';
import type { AnnotatedPicture, AnnotationClasses, AnnotationTask } from '../../server/http/annotation-schemas.ts';
import type { Dataset, Project } from '../../server/http/schemas.ts';
import { random, starRing } from '../../server/labels/random.fixture.ts';

const { values } = parseArgs({
  options: { polygons: { type: 'string', default: '3000' }, width: { type: 'string', default: '1280' }, height: { type: 'string', default: '800' } },
});
const polygons = Number(values.polygons);
const [WIDTH, HEIGHT, PICTURES] = [4000, 3000, 6];

interface Frame {
  at: number;
  work: number;
  calls: number;
  late: number;
}

/** Runs in the page before its own scripts: counts what is drawn, and how long each frame takes. */
function watch(): void {
  const page = globalThis as unknown as {
    frames: Frame[];
    lastDraw: number;
    lastPicture: number;
    eventAt: number;
    CanvasRenderingContext2D: { prototype: Record<string, (...args: unknown[]) => unknown> };
    requestAnimationFrame(run: (time: number) => void): number;
    addEventListener(name: string, run: (event: { timeStamp: number }) => void, how: object): void;
  };
  page.frames = [];
  page.lastDraw = 0;
  page.lastPicture = 0;
  page.eventAt = 0;
  for (const name of ['pointermove', 'wheel', 'pointerup']) {
    page.addEventListener(
      name,
      (event) => {
        page.eventAt ||= event.timeStamp;
      },
      { capture: true, passive: true },
    );
  }
  let calls = 0;
  const { prototype } = page.CanvasRenderingContext2D;
  for (const name of ['fill', 'stroke', 'drawImage', 'fillRect', 'strokeRect', 'putImageData', 'fillText']) {
    const plain = prototype[name] as (...args: unknown[]) => unknown;
    prototype[name] = function (this: { canvas: { className: string } }, ...args: unknown[]) {
      calls++;
      page.lastDraw = performance.now();
      if (name === 'drawImage' && this.canvas.className.includes('picture')) page.lastPicture = page.lastDraw;
      return plain.apply(this, args);
    };
  }
  const plain = page.requestAnimationFrame.bind(globalThis);
  page.requestAnimationFrame = (run) =>
    plain((time) => {
      const before = performance.now();
      run(time);
      const frame = page.frames.at(-1);
      const work = performance.now() - before;
      const late = page.eventAt ? performance.now() - page.eventAt : 0;
      page.eventAt = 0;
      // Several callbacks of one frame are one frame.
      if (frame && frame.at === time) {
        frame.work += work;
        frame.calls += calls;
        frame.late = Math.max(frame.late, late);
      } else page.frames.push({ at: time, work, calls, late });
      calls = 0;
    });
}

async function pictures(): Promise<Buffer> {
  const zip = new ZipFile();
  for (let i = 0; i < PICTURES; i++) {
    const noise = await sharp({ create: { width: 500, height: 375, channels: 3, background: '#777', noise: { type: 'gaussian', mean: 120, sigma: 25 } } })
      .resize(WIDTH, HEIGHT)
      .jpeg({ quality: 85 })
      .toBuffer();
    zip.addBuffer(noise, `${i}.jpg`);
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const share = (list: number[], part: number) =>
  Number(([...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(part * list.length))] ?? 0).toFixed(1));
const print = (what: string, figures: object) => console.log(JSON.stringify({ bench: 'annotate-screen', what, ...figures }));

/** Frames come all the time while `run` runs, so that a long gap is one that a person would see. */
async function frames(page: Page, what: string, run: () => Promise<void>): Promise<void> {
  await page.waitForTimeout(800);
  await page.evaluate('ticking = true, frames.length = 0, (function tick() { if (ticking) requestAnimationFrame(tick) })()');
  await run();
  await page.evaluate('ticking = false');
  const seen = (await page.evaluate('frames')) as Frame[];
  const gaps = seen.slice(1).map((frame, i) => frame.at - (seen[i] as Frame).at);
  const late = seen.map((one) => one.late).filter((one) => one > 0);
  const work = seen.map((one) => one.work);
  const calls = seen.map((one) => one.calls);
  print(what, {
    frames: seen.length,
    frame_p50_ms: share(gaps, 0.5),
    frame_p95_ms: share(gaps, 0.95),
    frame_most_ms: share(gaps, 1),
    late_p50_ms: share(late, 0.5),
    late_p95_ms: share(late, 0.95),
    work_p50_ms: share(work, 0.5),
    work_p95_ms: share(work, 0.95),
    calls_p95: share(calls, 0.95),
  });
}

/** Moves of a hand: an event every 8 ms, whether or not the page has answered the one before. */
async function hand(line: CDPSession, count: number, at: (i: number) => object): Promise<void> {
  const sent: Promise<unknown>[] = [];
  for (let i = 0; i < count; i++) {
    sent.push(line.send('Input.dispatchMouseEvent', at(i) as never));
    await new Promise((resolve) => setTimeout(resolve, 8));
  }
  await Promise.all(sent);
}

/** From what is done to the last thing drawn, after which nothing more comes for half a second. */
async function settled(page: Page, run: () => Promise<unknown>): Promise<number> {
  const before = (await page.evaluate('performance.now()')) as number;
  await run();
  let last = -1;
  for (;;) {
    await page.waitForTimeout(500);
    const now = (await page.evaluate('lastDraw')) as number;
    if (now === last && now > before) return Math.round(now - before);
    last = now;
  }
}

const daemon = await Daemon.start('--set', `pictures.max_side=${WIDTH}`);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
});
try {
  const client = await daemon.setUp();
  const { id: projectId } = await client.ok<Project>('POST', '/api/projects', {
    name: 'bench',
    groupId: 1,
    description: '',
    type: 'image',
    model: 'instance_segmentation',
  });
  const uploadId = await client.upload('pictures.zip', await pictures());
  const { id } = await client.ok<Dataset>('POST', `/api/projects/${projectId}/datasets`, { name: 'bench', description: '', visibility: 'private', uploadId });
  await client.until<Dataset>(`/api/datasets/${id}`, (one) => one.status === 'ready', 120);
  const me = (await client.ok<{ user: { id: number } }>('GET', '/api/session')).user.id;
  const task = await client.ok<AnnotationTask>('POST', `/api/datasets/${id}/annotation`, { annotatorIds: [me] });
  const base = `/api/annotation/tasks/${task.id}`;
  let classes: AnnotationClasses['classes'] = [];
  for (const name of ['one', 'two', 'three', 'four']) classes = (await client.ok<AnnotationClasses>('POST', `${base}/classes`, { name })).classes;
  const source = random(1);
  const shapes = Array.from({ length: polygons }, (_, i) => ({
    kind: 'polygon' as const,
    label: classes[i % 4]!.id,
    parts: [{ outer: starRing(source, 40 + source.next() * (WIDTH - 80), 40 + source.next() * (HEIGHT - 80), 10, 38, 20), holes: [] }],
  }));
  await client.ok('PUT', `${base}/pictures/1`, { base: 0, state: 'done', shapes });

  const context = await browser.newContext({ baseURL: daemon.url, viewport: { width: Number(values.width), height: Number(values.height) } });
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto('/sign-in');
  await page.locator('form input').nth(0).fill('admin');
  await page.locator('form input').nth(1).fill(PASSWORD);
  await page.locator('form button[type=submit]').click();
  await page.locator('.table-box').waitFor();
  await page.goto(`/annotations/${task.id}?n=1`);
  await page.locator('.film.current').waitFor();
  await page.waitForTimeout(1500);
  print('open', { polygons, points: 20, open_ms: await settled(page, () => page.locator('.film-open').nth(1).click()) });
  await page.goto('/annotations');
  await page.locator('.table-box').waitFor();
  // The same row of the list, but to the picture with the polygons. A page that is loaded anew would have another clock.
  const row = page.locator('a.row-name').first();
  await row.evaluate((link) => link.setAttribute('href', `${link.getAttribute('href')}?n=2`));
  print('open from the list of tasks', { polygons, open_ms: await settled(page, () => row.click()) });

  const box = (await page.locator('.easel').boundingBox())!;
  const [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(cx, cy);
  for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -200);
  await page.keyboard.press('q');
  const line = await context.newCDPSession(page);
  const move = (x: number, y: number) => ({ type: 'mouseMoved', x, y, button: 'left', buttons: 1 });
  await frames(page, 'idle', () => page.waitForTimeout(1500));
  await frames(page, 'pan', async () => {
    await page.mouse.down();
    await hand(line, 300, (i) => move(cx + 150 * Math.sin(i / 24), cy + 100 * Math.sin(i / 18)));
    await page.mouse.up();
  });
  await frames(page, 'zoom', () => hand(line, 240, (i) => ({ type: 'mouseWheel', x: cx, y: cy, deltaX: 0, deltaY: Math.sin(i / 20) > 0 ? -30 : 30 })));
  await page.keyboard.press('z');
  await page.keyboard.press('v');
  await page.locator('.shape-number').first().click();
  await page.waitForTimeout(500);
  // The chosen shape lies in the middle of the window.
  const scale = Number.parseInt((await page.locator('.desk-zoom').textContent()) ?? '', 10) / 100;
  const ring = shapes[0]!.parts[0]!.outer;
  const [xs, ys] = [ring.filter((_, i) => i % 2 === 0), ring.filter((_, i) => i % 2 === 1)];
  const middle = (of: number[]) => (Math.min(...of) + Math.max(...of)) / 2;
  const [px, py] = [cx + (xs[0]! - middle(xs)) * scale, cy + (ys[0]! - middle(ys)) * scale];
  await page.mouse.move(px, py);
  await page.mouse.down();
  await frames(page, 'drag a corner', () => hand(line, 240, (i) => move(px + 40 * Math.sin(i / 16), py + 30 * Math.sin(i / 12))));
  await frames(page, 'after a change', async () => {
    await page.mouse.up();
    await page.waitForTimeout(2000);
  });
  await client.until<AnnotatedPicture>(`${base}/pictures/1`, (one) => one.revision === 2, 20);
  const times: number[] = [];
  await page.locator('.film-open').nth(2).click();
  await page.waitForTimeout(2500);
  for (let i = 3; i < PICTURES; i++) {
    await page.evaluate("lastPicture = 0, addEventListener('keydown', () => { globalThis.pressed = performance.now() }, { capture: true, once: true }), 0");
    await page.keyboard.press('d');
    // (waitForFunction evaluates a text, which the page's security policy forbids.)
    await page.evaluate('new Promise((seen) => (function look() { if (lastPicture) seen(); else setTimeout(look) })())');
    times.push((await page.evaluate('lastPicture - pressed')) as number);
    await page.waitForTimeout(2000);
  }
  print('next picture', { pictures: `${WIDTH}x${HEIGHT}`, next_ms: times.map((one) => Math.round(one)) });
} finally {
  await browser.close();
  await daemon.remove();
}
