/** A large dataset in a real browser (CHROMIUM, default /usr/bin/chromium, headless), part of the benchmark `dataset`. */
import { chromium, type Page } from 'playwright-core';
import { PASSWORD } from '../../server/daemon.fixture.ts';

const rounded = (value: number) => Math.round(value * 10) / 10;
const share = (list: readonly number[], part: number) =>
  rounded([...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(part * list.length))] ?? 0);
const median = (list: readonly number[]) => share(list, 0.5);

interface Seen {
  gaps: number[];
  /** Tiles in sight whose record is not there yet, at each frame, of all that are in sight. */
  empty: number[];
  long: number[];
}

/** Runs in the page before its own scripts. */
function watch(): void {
  const page = globalThis as unknown as {
    seen: Seen;
    last: number;
    innerHeight: number;
    document: { querySelectorAll(selector: string): Iterable<{ className: string; getBoundingClientRect(): { top: number; bottom: number } }> };
    requestAnimationFrame(run: (time: number) => void): void;
    tiles(): { waiting: number; all: number };
  };
  page.seen = { gaps: [], empty: [], long: [] };
  page.last = 0;
  page.tiles = () => {
    const inSight = [...page.document.querySelectorAll('.picture-tile')].filter((tile) => {
      const { top, bottom } = tile.getBoundingClientRect();
      return bottom > 0 && top < page.innerHeight;
    });
    return { waiting: inSight.filter(({ className }) => className.includes('waiting')).length, all: inSight.length };
  };
  const frame = (time: number) => {
    if (page.last) page.seen.gaps.push(time - page.last);
    page.last = time;
    const { waiting, all } = page.tiles();
    if (all) page.seen.empty.push(waiting / all);
    page.requestAnimationFrame(frame);
  };
  page.requestAnimationFrame(frame);
}
/** Node knows no long tasks, so this is a text for the browser. */
const WATCH_TASKS = "new PerformanceObserver((list) => seen.long.push(...list.getEntries().map((one) => one.duration))).observe({ entryTypes: ['longtask'] })";

const START = 'performance.now()';
/** When every tile in sight shows its picture, looked at in each frame. (waitForFunction evaluates a text, which the page's security policy forbids.) */
const FULL = `new Promise((resolve, reject) => {
  const end = performance.now() + 60000;
  const look = () => {
    const inSight = [...document.querySelectorAll('.picture-tile')].filter((tile) => { const { top, bottom } = tile.getBoundingClientRect(); return bottom > 0 && top < innerHeight; });
    if (inSight.length > 9 && inSight.every((tile) => tile.querySelector('img.there'))) resolve(performance.now());
    else if (performance.now() > end) reject(new Error('pictures are still missing'));
    else requestAnimationFrame(look);
  };
  look();
})`;

async function untilFull(page: Page, from: number): Promise<number> {
  return ((await page.evaluate(FULL)) as number) - from;
}

async function moving(page: Page, run: () => Promise<void>): Promise<object> {
  await page.evaluate('seen = { gaps: [], empty: [], long: [] }');
  await run();
  const { gaps, empty, long } = (await page.evaluate('seen')) as Seen;
  return {
    frames: gaps.length,
    frame_p50_ms: median(gaps),
    frame_p95_ms: share(gaps, 0.95),
    empty_share: rounded((100 * empty.reduce((sum, one) => sum + one, 0)) / Math.max(1, empty.length)) / 100,
    long_tasks: long.length,
    longest_task_ms: rounded(Math.max(0, ...long)),
  };
}

/**
 * open_ms: from the click in the list until every picture in sight is there; again_ms: the same once its thumbnails have been drawn. jump_ms: to places
 * that nobody has looked at. wheel: slow scrolling; drag: the scroll bar drawn through the whole in a second, with `rest_ms` until its end is complete and
 * the pages that were asked for.
 */
export async function screenFigures(url: string, projectId: number, datasetId: number): Promise<object> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  });
  try {
    const page = await (await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 } })).newPage();
    await page.addInitScript(watch);
    await page.addInitScript(WATCH_TASKS);
    await page.goto('/sign-in');
    await page.locator('form input').nth(0).fill('admin');
    await page.locator('form input').nth(1).fill(PASSWORD);
    await page.locator('form button[type=submit]').click();
    await page.locator('.table-box').waitFor();

    const open = async () => {
      await page.goto(`/projects/${projectId}/data`);
      await page.locator('.row-name').first().waitFor();
      await page.waitForTimeout(500);
      const from = (await page.evaluate(START)) as number;
      await page.locator('.row-name').first().click();
      await page.waitForURL(`**/datasets/${datasetId}`);
      return untilFull(page, from);
    };
    const openMs = await open();
    const againMs = [await open(), await open(), await open()];

    const jump = async (place: number) => {
      const from = (await page.evaluate(START)) as number;
      await page.evaluate(`(() => { const main = document.getElementById('main'); main.scrollTop = main.scrollHeight * ${place}; })()`);
      // The tiles of the place before must have gone first.
      await page.waitForTimeout(40);
      return untilFull(page, from);
    };
    const jumps: number[] = [];
    for (const place of [0.5, 0.9, 0.31, 0.77, 0.13]) jumps.push(await jump(place));

    await page.mouse.move(800, 600);
    const wheel = await moving(page, async () => {
      for (let i = 0; i < 200; i++) {
        await page.mouse.wheel(0, 60);
        await page.waitForTimeout(16);
      }
    });
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().includes('/items?')) asked++;
    });
    const drag = await moving(page, async () => {
      for (let i = 0; i <= 60; i++) {
        await page.evaluate(`(() => { const main = document.getElementById('main'); main.scrollTop = main.scrollHeight * ${0.02 + (0.9 * i) / 60}; })()`);
        await page.waitForTimeout(16);
      }
    });
    const restMs = await untilFull(page, (await page.evaluate(START)) as number);
    const nodes = (await page.evaluate("document.querySelectorAll('.picture-tile').length")) as number;
    return {
      open_ms: rounded(openMs),
      again_ms: median(againMs),
      jump_ms: { median: median(jumps), longest: share(jumps, 1) },
      tiles: nodes,
      wheel,
      drag: { ...drag, rest_ms: rounded(restMs), pages_asked: asked },
    };
  } finally {
    await browser.close();
  }
}
