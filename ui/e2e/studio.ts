/**
 * What every browser test needs: a daemon of its own with empty data, a browser, and `checkPage`, which looks at the open page in both languages
 * and two sizes and in the dark, keeps the pictures, and fails on what a person would see at once: raw keys, cut labels, a text in the wrong
 * language, an error in the console, a serious finding of axe.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Locator, type Page, type Request } from 'playwright-core';
import * as assert from 'uvu/assert';
import { Daemon } from '../../server/daemon.fixture.ts';

export const SCREENSHOTS = 'dist/screenshots';
export type Language = 'ko' | 'en';
export type Theme = 'light' | 'dark';
const SIZES = [
  [1280, 800],
  [1920, 1080],
] as const;
/** Only a test that fails waits so long. */
const PATIENCE_MS = 180_000;
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Studio {
  url: string;
  setupCode: string;
  data: string;
  browser: Browser;
  /** Ends the daemon as a power cut would, or asks it to end, and starts it again on the same data and port. */
  restart(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  stop(): Promise<void>;
}

/** A daemon with empty data, and a browser. `extra` goes to the daemon's command line. */
export async function startStudio(extra: string[] = []): Promise<Studio> {
  const daemon = await Daemon.start(...extra);
  let browser: Browser;
  try {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  } catch (error) {
    await daemon.remove();
    throw error;
  }
  const { url, setUpCode: setupCode, data } = daemon;
  return {
    url,
    setupCode,
    data,
    browser,
    async restart(signal = 'SIGTERM') {
      await daemon.end(signal);
      await daemon.launch(Number(new URL(url).port));
    },
    async stop() {
      try {
        await browser.close();
        await daemon.end();
      } finally {
        await daemon.remove();
      }
    },
  };
}

export interface PageOptions {
  language?: Language;
  theme?: Theme;
  width?: number;
  height?: number;
  /** Another page of the same person: the cookies of this context are taken over. */
  like?: BrowserContext;
  touch?: boolean;
}

/** What went wrong in a page while nobody looked: script errors, failed requests, refusals of the content security policy. */
const troubles = new WeakMap<Page, string[]>();
/** A visitor without a session is answered 401; the browser calls every such answer an error. */
const EXPECTED = /the server responded with a status of (401|403|404|409|422|429)/;

export async function newPage(studio: Studio, options: PageOptions = {}): Promise<Page> {
  const context = await studio.browser.newContext({
    baseURL: studio.url,
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    locale: options.language === 'en' ? 'en-US' : 'ko-KR',
    colorScheme: options.theme ?? 'light',
    reducedMotion: 'reduce',
    hasTouch: options.touch ?? false,
    ...(options.like ? { storageState: await options.like.storageState() } : {}),
  });
  context.setDefaultTimeout(PATIENCE_MS);
  return newTab(context);
}

/** Another tab of the same browser. It finds what is kept there already: a browser of its own costs three seconds of work, a tab less than one. */
export async function newTab(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  const list: string[] = [];
  troubles.set(page, list);
  page.on('pageerror', (error) => list.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    if ((message.type() === 'error' || message.type() === 'warning') && !EXPECTED.test(message.text())) list.push(`console: ${message.text()}`);
  });
  return page;
}

/** The administrator's set-up, as a person does it; afterwards the page stands on Home. */
export async function setUp(studio: Studio, page: Page, person = ADMIN): Promise<void> {
  await page.goto('/');
  const fields = page.locator('form input');
  await fields.nth(0).fill(studio.setupCode);
  await fields.nth(1).fill(person.userId);
  await fields.nth(2).fill(person.name);
  await fields.nth(3).fill(person.password);
  await fields.nth(4).fill(person.password);
  await page.locator('form button[type=submit]').click();
  await page.waitForURL('**/');
  await page.locator('.table-box').waitFor();
}

export async function signIn(page: Page, person: { userId: string; password: string }): Promise<void> {
  await page.locator('form input').nth(0).fill(person.userId);
  await page.locator('form input').nth(1).fill(person.password);
  await page.locator('form button[type=submit]').click();
}

/** Somebody signs in in another tab of the browser: the session that this page knows is not the browser's any more. */
export async function signInElsewhere(page: Page, { userId, password }: { userId: string; password: string }): Promise<void> {
  await page.evaluate(async (body) => {
    await fetch('/api/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  }, JSON.stringify({ userId, password }));
}

export const ADMIN = { userId: 'admin', name: '김품질', password: 'correct horse' };

/** A request in the name of the page's person: for preparing what a test does not want to click together. */
export async function request<T>(page: Page, method: string, path: string, body?: unknown): Promise<T> {
  return page.evaluate(
    async ([how, where, what]) => {
      const session = (await (await fetch('/api/session')).json()) as { csrfToken: string };
      const response = await fetch(where as string, {
        method: how as string,
        headers: { 'x-csrf-token': session.csrfToken, ...(what === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(what === undefined ? {} : { body: JSON.stringify(what) }),
      });
      if (!response.ok) throw new Error(`${how} ${where}: ${response.status} ${await response.text()}`);
      return response.status === 204 ? null : response.json();
    },
    [method, path, body] as const,
  ) as Promise<T>;
}

interface Texts {
  /** First parts of all text keys: what looks like one of them on the screen is a raw key. */
  firsts: string[];
  /** Patterns of all Korean sentences that could stand on a screen. Single words are left out: people give such names to their things. */
  korean: RegExp[];
}
let texts: Texts | null = null;
async function allTexts(): Promise<Texts> {
  if (texts) return texts;
  const load = async (...path: string[]) => import(pathToFileURL(join(process.cwd(), 'dist', ...path)).href);
  const firsts = new Set<string>();
  const sentences: string[] = [];
  for (const name of readdirSync(join('dist', 'ui', 'i18n', 'areas')).filter((file) => file.endsWith('.js'))) {
    const area = (await load('ui', 'i18n', 'areas', name)) as { default: Record<string, readonly [string, string]> };
    for (const [key, [ko]] of Object.entries(area.default)) {
      firsts.add(key.split('.')[0] ?? key);
      sentences.push(ko);
    }
  }
  const { CATALOGUE } = (await load('server', 'errors.js')) as { CATALOGUE: Record<string, { ko: string }> };
  sentences.push(...Object.values(CATALOGUE).map(({ ko }) => ko));
  const korean = sentences
    .filter((text) => /[가-힣]/.test(text) && /\s/.test(text) && text.replace(/\{[^}]*\}/g, '').length >= 6)
    .map((text) => new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]*\}/g, '.+')}$`, 's'));
  texts = { firsts: [...firsts], korean };
  return texts;
}

async function speak(page: Page, language: Language): Promise<void> {
  if ((await page.locator('html').getAttribute('lang')) === language) return;
  // A message belongs to its moment and says what it says in the language of that moment.
  // (All at once: one that goes by itself meanwhile would be waited for.)
  await page.locator('.toast > button').evaluateAll((buttons) => {
    for (const button of buttons) button.click();
  });
  // Who is signed in is kept with the language: what is opened next must find it kept.
  const kept: Request[] = [];
  const note = (request: Request) => {
    if (request.method() === 'PATCH' && request.url().endsWith('/api/me')) kept.push(request);
  };
  page.on('request', note);
  // Clicked by script: the switch cannot be reached by hand while a dialog is open.
  await page
    .locator(`.language button[lang=${language}]:visible`)
    .first()
    .evaluate((button) => button.click());
  await page.locator(`html[lang=${language}]`).waitFor();
  await settled(page);
  page.off('request', note);
  await Promise.all(kept.map((request) => request.response()));
}

/** What `targets` say and how large they are, in CSS pixels; all at one moment. There is at least one. */
export async function sizesOf(targets: Locator): Promise<{ text: string; width: number; height: number }[]> {
  await targets.first().waitFor();
  return targets.evaluateAll((elements) =>
    elements.map((element) => {
      const { width, height } = element.getBoundingClientRect();
      return { text: element.textContent.trim(), width, height };
    }),
  );
}

/** What a person would call broken on the screen as it stands. The function runs in the page: it knows nothing but its arguments. */
async function faults(page: Page, language: Language): Promise<string[]> {
  const { firsts, korean } = await allTexts();
  const { found, hangul } = await page.locator('html').evaluate(
    (html, [firsts, spoken]) => {
      const document = html.ownerDocument;
      const found: string[] = [];
      /** What is in Korean although English is spoken: a name that somebody gave, or a sentence of ours. */
      const hangul: string[] = [];
      const root = document.querySelector('dialog[open]') ?? document.body;
      const visible = (element: typeof html) =>
        element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest('.visually-hidden');
      const raw = new RegExp(`^(${firsts.join('|')})\\.[a-z][\\w-]*(\\.[\\w-]+)*$`);
      const texts = document.createTreeWalker(root, 4);
      for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        const text: string = node.textContent.trim();
        const parent = node.parentElement;
        if (!text || ['SCRIPT', 'STYLE', 'TEMPLATE'].includes(parent.tagName) || !visible(parent)) continue;
        if (raw.test(text) && !parent.closest('[data-verbatim]')) found.push(`raw key "${text}"`);
        if (/\{\w+(:[^}]*)?\}/.test(text) && !parent.closest('pre, textarea, [data-verbatim]')) found.push(`unfilled text "${text}"`);
        if (/\b(undefined|NaN|\[object Object\])\b/.test(text)) found.push(`broken value "${text}"`);
        // (An error that the server has told, and a note that a click has opened, say it in the language of that moment.)
        if (spoken === 'en' && /[가-힣]/.test(text) && !parent.closest('[data-verbatim], [x-t], .problem, .hint-note')) hangul.push(text);
      }
      for (const element of root.querySelectorAll('[x-t]')) {
        const text: string = element.textContent;
        if (spoken === 'en' && /[가-힣]/.test(text) && element.getAttribute('x-t') !== 'language.ko') found.push(`Korean text in English: "${text}"`);
      }
      for (const element of root.querySelectorAll(
        'button, .button, th, td, .chip, [role=tab], .rail-link, h1, h2, h3, dt, legend, label, .field-note, .segmented span',
      )) {
        if (!visible(element) || element.clientWidth === 0 || element.classList.contains('hint')) continue;
        if (document.defaultView.getComputedStyle(element).textOverflow === 'ellipsis') continue;
        if (element.scrollWidth > element.clientWidth + 1) {
          found.push(`text runs out of <${element.tagName.toLowerCase()} class="${element.className}">: "${element.textContent.trim().slice(0, 60)}"`);
        }
      }
      for (const cell of root.querySelectorAll('.table .more')) {
        let before = cell.previousElementSibling;
        while (before && !visible(before)) before = before.previousElementSibling;
        // A search has as many columns as it has parameters: that table is to be scrolled.
        if (!before || !visible(cell) || cell.closest('.trial-table')) continue;
        const under = before.getBoundingClientRect().right - cell.getBoundingClientRect().left;
        if (under > 1) found.push(`"${before.textContent.trim().slice(0, 40)}" lies ${Math.round(under)} px under the buttons at the row's end`);
      }
      for (const scroller of [document.scrollingElement, document.getElementById('main')]) {
        const over = scroller.scrollWidth - scroller.clientWidth;
        if (over > 1) found.push(`the page is wider than the window by ${over} px`);
      }
      return { found, hangul };
    },
    [firsts, language] as const,
  );
  for (const text of hangul) if (korean.some((sentence) => sentence.test(text))) found.push(`Korean sentence in English: "${text}"`);
  return found;
}

interface AxeViolation {
  id: string;
  impact: string;
  help: string;
  nodes: { html: string }[];
}

let axeSource = '';
async function axeFindings(page: Page, theme: Theme): Promise<string[]> {
  axeSource ||= readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
  const html = page.locator('html');
  if (!(await html.evaluate((root) => 'axe' in root.ownerDocument.defaultView))) await page.evaluate(axeSource);
  const violations = (await html.evaluate(
    async (root, rules) => {
      // What lies behind a dialog was looked at as a page.
      const target = root.querySelector('dialog[open]') ?? root;
      return (await root.ownerDocument.defaultView.axe.run(target, { resultTypes: ['violations'], ...rules })).violations;
    },
    // In the dark only the colours are different. The rule about regions looks at each element, and what it finds is never serious.
    theme === 'dark' ? { runOnly: ['color-contrast'] } : { rules: { region: { enabled: false } } },
  )) as AxeViolation[];
  return violations
    .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
    .map((violation) => `axe ${violation.id} (${violation.help}): ${violation.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
}

export interface CheckOptions {
  /** Only these instead of all. */
  languages?: Language[];
  themes?: Theme[];
  sizes?: readonly (readonly [number, number])[];
  /** Elements whose content differs from run to run: painted over in the picture. */
  mask?: string[];
}

/** Looks at the open page from all sides; the pictures are dist/screenshots/NAME.LANGUAGE.THEME.WIDTHxHEIGHT.png. The page is left as it was. */
export async function checkPage(page: Page, name: string, options: CheckOptions = {}): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  const found: string[] = [];
  const first = (await page.locator('html').getAttribute('lang')) as Language;
  const sizes = options.sizes ?? SIZES;
  for (const [turn, language] of (options.languages ?? (['ko', 'en'] as const)).entries()) {
    await speak(page, language);
    // To and fro, since each change of the size lays out the page anew.
    for (const [width, height] of turn % 2 === 0 ? sizes : [...sizes].reverse()) {
      // In the larger window there is room for what has had room in the smaller one: it is looked at once, in the language with the longer words.
      if (sizes === SIZES && width !== SIZES[0][0] && language === 'ko' && !options.languages) continue;
      await page.setViewportSize({ width, height });
      for (const theme of options.themes ?? (['light', 'dark'] as const)) {
        // Colours and names depend neither on the size of the window nor on the language, and the dark differs in its colours alone.
        const once = width === SIZES[0][0] && language === 'ko';
        if (theme === 'dark' && !once && !options.themes) continue;
        await page.emulateMedia({ colorScheme: theme });
        await settled(page);
        const where = `${name}.${language}.${theme}.${width}x${height}`;
        await page.screenshot({
          path: join(SCREENSHOTS, `${where}.png`),
          mask: (options.mask ?? []).map((selector) => page.locator(selector)),
          animations: 'disabled',
        });
        if (theme === 'light') found.push(...(await faults(page, language)).map((fault) => `${where}: ${fault}`));
        if (once) found.push(...(await axeFindings(page, theme)).map((fault) => `${where}: ${fault}`));
      }
    }
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: 'light' });
  await speak(page, first);
  await settled(page);
  const list = troubles.get(page) ?? [];
  found.push(...list.splice(0).map((trouble) => `${name}: ${trouble}`));
  if (found.length) throw new Error(`${found.length} faults\n${found.join('\n')}`);
}

/** Fonts are there and the last effects of a change: what `x-show` shows and hides follows a frame later. */
export async function settled(page: Page): Promise<void> {
  await page.locator('html').evaluate(async (root) => {
    const window = root.ownerDocument.defaultView;
    await root.ownerDocument.fonts.ready;
    await new Promise((resolve) => window.requestAnimationFrame(() => window.requestAnimationFrame(resolve)));
  });
}

/** Waits until a locator finds so many elements, no more and no less. (`waitForFunction` would need the `eval` that the pages forbid.) */
export async function countBecomes(elements: Locator, count: number): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  let found = await elements.count();
  for (; found !== count && Date.now() < end; found = await elements.count()) await new Promise((again) => setTimeout(again, 50));
  assert.is(found, count, String(elements));
}

/** Waits until what is read is what it should be. */
export async function becomes<T>(read: () => Promise<T>, wanted: T): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  let found = await read();
  for (; !isDeepStrictEqual(found, wanted) && Date.now() < end; found = await read()) await new Promise((again) => setTimeout(again, 50));
  assert.equal(found, wanted);
}

/** Does something that the page answers with a message, and gives where the message lies. It goes by itself, so it is looked out for from before. */
export async function tells(page: Page, text: string, act: () => Promise<unknown>): Promise<{ y: number; height: number }> {
  const lookout = await page.locator('html').evaluateHandle(
    (html, [text, patience]) => {
      const document = html.ownerDocument;
      const told = new Promise<{ y: number; height: number }>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`No message with "${text}"`)), patience);
        const seen = new document.defaultView.MutationObserver(() => {
          const toast = [...document.querySelectorAll('.toast')].find((one) => one.textContent.includes(text));
          if (!toast) return;
          seen.disconnect();
          clearTimeout(late);
          const { y, height } = toast.getBoundingClientRect();
          resolve({ y, height });
        });
        seen.observe(document.body, { childList: true, subtree: true });
      });
      // It is waited for below.
      told.catch(() => {});
      return { told };
    },
    [text, PATIENCE_MS] as const,
  );
  await act();
  return lookout.evaluate(({ told }) => told);
}

/** Holds something back until it is opened: `await passed` in a route, for instance. */
export function gate(): { passed: Promise<void>; open(): void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** Nothing went wrong in the page since it was last asked. */
export function checkTroubles(page: Page): void {
  const list = troubles.get(page) ?? [];
  assert.equal(list.splice(0), []);
}

/** For a test that breaks the line on purpose: the console's complaints so far do not count. */
export function ignoreTroubles(page: Page): void {
  troubles.get(page)?.splice(0);
}
