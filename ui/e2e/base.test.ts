/** Set-up, sign-in, projects, groups, administration, monitor: what a person does in the frame and the base pages. */
import type { Page, Route } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ADMIN,
  type CheckOptions,
  checkPage,
  checkTroubles,
  countBecomes,
  gate,
  ignoreTroubles,
  newPage,
  newTab,
  request,
  SCREENSHOTS,
  type Studio,
  setUp,
  signIn,
  signInElsewhere,
  sizesOf,
  startStudio,
  tells,
} from './studio.ts';

const DEVELOPER = { userId: 'dev-user1', name: '이개발', password: 'developer-pass' };
const ANNOTATOR = { userId: 'line-3', name: '박라벨', password: 'annotator-pass' };

/** Dialogs and lists do not depend on the window's size. */
const ONE_SIZE: CheckOptions = { sizes: [[1280, 800]] };
const SMALL: CheckOptions = { ...ONE_SIZE, themes: ['light'] };

const base = suite('base pages');
let studio: Studio;
let page: Page;

base.before(async () => {
  studio = await startStudio();
  page = await newPage(studio);
});
base.after(async () => {
  await studio.stop();
});

/** Opens the More menu of the row that shows `name` and takes the item with `text`. */
async function more(on: Page, name: string, text: string): Promise<void> {
  await on.locator('tr', { hasText: name }).locator('td.more button').first().click();
  await on.locator('[role=menu] .menu-item', { hasText: text }).click();
}

base('the first visit leads to the set-up, whatever was asked for', async () => {
  await page.goto('/monitor');
  await page.waitForURL('**/setup');
  await page.locator('form').waitFor();
  await checkPage(page, 'setup');

  await page.locator('form button[type=submit]').click();
  await countBecomes(page.locator('.field-error:visible', { hasText: /[가-힣]/ }), 4);
  await page.locator('.language button[lang=en]:visible').click();
  await countBecomes(page.locator('.field-error:visible', { hasText: /[a-z]/ }), 4);
  await page.locator('.language button[lang=ko]:visible').click();
  await page.locator('form input').nth(0).fill('0000-0000-0000');
  for (const [index, text] of [ADMIN.userId, ADMIN.name, ADMIN.password, ADMIN.password].entries())
    await page
      .locator('form input')
      .nth(index + 1)
      .fill(text);
  await page.locator('form button[type=submit]').click();
  await page.locator('.problem:visible').waitFor();
  assert.is(await page.locator('form input').nth(1).inputValue(), ADMIN.userId, 'what was typed stays');

  await setUp(studio, page);
  assert.is(new URL(page.url()).pathname, '/');
});

base('an empty Home offers the next steps', async () => {
  await page.locator('.empty').first().waitFor();
  await checkPage(page, 'home-empty', ONE_SIZE);
});

base('menus of a project ask for one first', async () => {
  await page.locator('.rail a', { hasText: '데이터' }).click();
  await page.locator('dialog[open]').waitFor();
  await checkPage(page, 'need-project', SMALL);
  await page.keyboard.press('Enter');
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.is(new URL(page.url()).pathname, '/');
});

base('a new project, by keyboard, and nothing typed is lost by Esc', async () => {
  await page.keyboard.press('n');
  await page.locator('dialog[open]').waitFor();
  await checkPage(page, 'new-project', ONE_SIZE);
  // Seen without scrolling: it cannot be taken back.
  const warned = await page.locator('dialog .foot-note').evaluate((note) => {
    const { x, y, width, height } = note.getBoundingClientRect();
    return note.contains(note.ownerDocument.elementFromPoint(x + width / 2, y + height / 2));
  });
  assert.ok(warned, 'that the choice stays is in sight');
  await countBecomes(page.locator('dialog .card-choice:visible .chip'), 3);
  const untrained = page.locator('dialog .side .notice:visible', { hasText: '아직 학습할 수 없습니다' });
  assert.is(await untrained.count(), 0);
  await page.locator('dialog input[value=detection]').check();
  await untrained.waitFor();
  await checkPage(page, 'new-project-untrained', SMALL);
  await page.locator('dialog input[value=tabular]').check();
  await page.locator('dialog input[value=regression]').waitFor();
  await page.locator('dialog input[value=detection]').waitFor({ state: 'hidden' });
  await checkPage(page, 'new-project-tabular', SMALL);
  await page.locator('dialog input[value=image]').check();
  // Another type of data has other models.
  await page.locator('dialog input[value=classification]:visible:checked').waitFor();
  await untrained.waitFor({ state: 'hidden' });
  await page.keyboard.press('Enter');
  await page.locator('dialog .field-error:visible').waitFor();
  await page.locator('dialog input[type=text]').fill('외관 검사 라인 3');
  await page.locator('dialog textarea').fill('라인 3 카메라, 표면 결함 분류');
  await page.locator('dialog textarea').press('Escape');
  await page.locator('.dialog-unsaved:visible').waitFor();
  await page.locator('[data-stay]').click();
  await page.locator('dialog button[type=submit]').click();
  await page.waitForURL('**/projects/1/data');
  await page.locator('.project-chip', { hasText: '외관 검사 라인 3' }).waitFor();
});

base('the table of projects: search, sort, load, reload', async () => {
  const session = await request<{ groups: { id: number }[] }>(page, 'GET', '/api/session');
  const groupId = session.groups[0]?.id;
  for (const name of ['Bottle caps', 'PCB 솔더링 검사', 'ImageClassification_QA_2026_long_name_of_a_project']) {
    await request(page, 'POST', '/api/projects', { name, groupId, description: '', type: 'image', model: 'classification' });
  }
  await page.locator('.rail a', { hasText: '홈' }).click();
  const rows = page.locator('.table tbody tr:not(.skeleton)');
  await rows.nth(3).waitFor();
  await checkPage(page, 'home');

  await page.locator('[data-search]').fill('pcb');
  await page.locator('.table-foot', { hasText: '총 1개' }).waitFor();
  await page.locator('[data-search]').fill('no such project');
  await page.locator('.table-message button:visible').click();
  await rows.nth(3).waitFor();
  await page.locator('th button.sort').first().click();
  await page.locator('th:nth-child(2)[aria-sort=ascending]').waitFor();
  await rows.first().filter({ hasText: '외관' }).waitFor();

  const load = page.locator('.table-tools .button', { hasText: '프로젝트 로드' });
  assert.is(await load.isDisabled(), true);
  await page.locator('tr', { hasText: 'Bottle caps' }).locator('input[type=radio]').check();
  const message = await tells(page, 'Bottle caps', () => load.click());
  assert.ok(message.y > 500 && message.y + message.height < 760, 'messages stand low, above what is at the very foot');
  await page.locator('.project-chip', { hasText: 'Bottle caps' }).waitFor();
  await page.goto('/');
  await page.locator('.project-chip', { hasText: 'Bottle caps' }).waitFor();
  await page.locator('tr', { hasText: 'Bottle caps' }).locator('.chip', { hasText: '로드됨' }).waitFor();
});

base('another window sees a change at once', async () => {
  const second = await newTab(page.context());
  await second.goto('/');
  await second.locator('tr', { hasText: 'Bottle caps' }).waitFor();
  await more(page, 'Bottle caps', '상태 변경');
  await page.locator('dialog[open]').waitFor();
  await checkPage(page, 'change-status', SMALL);
  await page.locator('dialog button[type=submit]').click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  await second
    .locator('tr', { hasText: 'Bottle caps' })
    .locator('.chip', { hasText: /완료|Completed/ })
    .waitFor();
  checkTroubles(second);
  await second.close();
});

base('a list that is loading hears of what is gone meanwhile', async () => {
  const session = await request<{ groups: { id: number }[] }>(page, 'GET', '/api/session');
  const body = { name: 'Gone meanwhile', groupId: session.groups[0]?.id, description: '', type: 'image', model: 'classification' };
  const { id } = await request<{ id: number }>(page, 'POST', '/api/projects', body);
  const second = await newTab(page.context());
  await second.goto(`/projects/${id}/data`);
  const chip = second.locator('.project-chip', { hasText: body.name });
  await chip.waitFor();
  const asked = gate();
  const answer = gate();
  await second.route('**/api/projects', async (route) => {
    const response = await route.fetch();
    asked.open();
    await answer.passed;
    await route.fulfill({ response });
  });
  await second.locator('.rail a', { hasText: '홈' }).click();
  await asked.passed;
  await request(page, 'DELETE', `/api/projects/${id}`);
  // It is heard: the project is not loaded any more.
  await chip.waitFor({ state: 'hidden' });
  answer.open();
  await second.locator('tr', { hasText: 'Bottle caps' }).waitFor();
  await countBecomes(second.locator('tr', { hasText: body.name }), 0);
  await second.close();
});

base('details of a project, with its description', async () => {
  await more(page, 'PCB', '상세 정보');
  await page.locator('dialog button', { hasText: '설명 수정' }).click();
  await page.locator('dialog textarea').fill('납땜 불량 판정');
  await page.locator('dialog button[type=submit]').click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  await more(page, 'PCB', '상세 정보');
  await page.locator('dialog p', { hasText: '납땜 불량 판정' }).waitFor();
  await checkPage(page, 'project-details', SMALL);
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
});

base('a deletion says what is lost', async () => {
  await more(page, 'ImageClassification', '삭제');
  await page.locator('dialog', { hasText: '빈 프로젝트입니다' }).waitFor();
  // Of nothing there is nothing to tell.
  await countBecomes(page.locator('dialog .points li'), 0);
  await checkPage(page, 'delete-project', SMALL);
  await page.locator('dialog button.danger', { hasText: '삭제' }).click();
  await page.locator('.table-foot', { hasText: '총 3개' }).waitFor();
});

base('help, keys, menus and lists of the frame', async () => {
  await page.keyboard.press('h');
  await page.locator('.panel .help h3').first().waitFor();
  await checkPage(page, 'information', SMALL);
  await page.locator('.panel [data-close]').click();
  await page.keyboard.press('?');
  await page.locator('dialog .keys').waitFor();
  await checkPage(page, 'keys', SMALL);
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  for (const [index, name] of ['projects', 'jobs', 'notifications'].entries()) {
    await page.locator('.top-right > button').nth(index).click();
    await page.locator('.list-float').waitFor();
    await checkPage(page, `list-${name}`, SMALL);
    await page.keyboard.press('Escape');
    await page.locator('.list-float').waitFor({ state: 'detached' });
  }
  await page.locator('.person').click();
  await page.locator('[role=menuitemradio]', { hasText: '어둡게' }).click();
  await page.locator('html[data-theme=dark]').waitFor();
  await page.reload();
  await page.locator('.table-box').waitFor();
  await page.locator('html[data-theme=dark]').waitFor();
  await page.locator('.person').click();
  await page.locator('[role=menuitemradio]', { hasText: '시스템 설정' }).click();
});

base('the administrator adds people and a group', async () => {
  // Who is quicker than the list of the groups must not add people to none of them.
  const answer = gate();
  const hold = (route: Route) => answer.passed.then(() => route.continue());
  await page.route('**/api/groups', hold);
  await page.locator('.rail a', { hasText: '관리' }).click();
  await page.locator('h1', { hasText: '관리' }).waitFor();
  assert.is(await page.locator('.page-actions button', { hasText: '사용자 추가' }).isDisabled(), true);
  answer.open();
  await page.locator('tr', { hasText: ADMIN.userId }).waitFor();
  // While there is a route, the browser keeps nothing.
  await page.unroute('**/api/groups', hold);
  for (const [person, role] of [
    [DEVELOPER, 'developer'],
    [ANNOTATOR, 'annotator'],
  ] as const) {
    await page.locator('.page-actions button', { hasText: '사용자 추가' }).click();
    const fields = page.locator('dialog input');
    await fields.nth(0).fill(person.userId);
    await fields.nth(1).fill(person.name);
    await page.locator('dialog select').selectOption(role);
    await fields.nth(2).fill(person.password);
    if (role === 'developer') await checkPage(page, 'add-user', SMALL);
    await page.locator('dialog button[type=submit]').click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.locator('tr', { hasText: person.userId }).waitFor();
  }
  await checkPage(page, 'admin-users');
  await page.locator('[role=tab]', { hasText: '그룹' }).click();
  await page.locator('.page-actions button', { hasText: '그룹 추가' }).click();
  await page.locator('dialog input[type=text]').fill('라인 5 품질팀');
  await page.locator('dialog textarea').fill('라인 5의 외관 검사를 맡은 팀');
  await page.locator('dialog button[type=submit]').click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.locator('tr', { hasText: '라인 5 품질팀' }).waitFor();
  await checkPage(page, 'admin-groups', ONE_SIZE);
});

base('groups show their description and people in the side panel', async () => {
  await page.locator('.rail a', { hasText: '그룹' }).click();
  await page.locator('h1', { hasText: '그룹' }).waitFor();
  await checkPage(page, 'groups');
  await more(page, 'basic_group', '상세 정보');
  await page.locator('.panel .people li', { hasText: DEVELOPER.name }).waitFor();
  await checkPage(page, 'group-details', ONE_SIZE);
  await page.keyboard.press('Escape');
  await page.locator('.panel').waitFor({ state: 'detached' });
});

base('the monitor shows the box and its jobs', async () => {
  await page.locator('.rail a', { hasText: '모니터' }).click();
  await page.locator('.gauge .meter').first().waitFor();
  const devices = page.locator('.devices li');
  await devices.nth(2).waitFor();
  await devices.locator('.chip.blue').first().waitFor({ state: 'detached', timeout: 120_000 });
  await countBecomes(devices, 3);
  // Which one is used depends on the machine; the others say why they are not, or how fast they are.
  assert.is(await devices.locator('.chip.green', { hasText: '학습에 사용' }).count(), 1);
  for (const text of await devices.locator('.muted').allTextContents()) assert.match(text, /니다\.|주세요\./);
  await Promise.all([devices.locator('.chip.blue').first().waitFor(), page.getByRole('button', { name: '다시 확인' }).click()]);
  await devices.locator('.chip.blue').first().waitFor({ state: 'detached', timeout: 120_000 });
  await checkPage(page, 'monitor');
});

base('the account, the addresses that lead nowhere, back and forward', async () => {
  await page.goto('/account');
  await page.locator('form').first().waitFor();
  await checkPage(page, 'account');
  await page.goto('/no/such/page');
  await page.locator('.empty h2').waitFor();
  await checkPage(page, 'not-found', SMALL);
  await page.locator('.rail a', { hasText: '그룹' }).click();
  await page.locator('h1', { hasText: '그룹' }).waitFor();
  await page.goBack();
  await page.locator('.message').waitFor();
  await page.goForward();
  await page.locator('h1', { hasText: '그룹' }).waitFor();
});

base('a name that was typed is not lost by a click on a menu', async () => {
  await page.goto('/account');
  await page.locator('form input[type=text]').fill('김품질 책임');
  await page.locator('.rail a', { hasText: '홈' }).click();
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.is(await page.locator('form input[type=text]').inputValue(), '김품질 책임');
  await page.locator('form button[type=submit]').first().click();
  await page.locator('.person-name', { hasText: '김품질 책임' }).waitFor();
});

base('the first load is small; the rail of words turns into icons with words on a narrow screen, with targets for a finger', async () => {
  const tablet = await newPage(studio, { like: page.context(), width: 1024, height: 768, touch: true });
  const loads: Promise<number>[] = [];
  tablet.on('response', (response) => {
    if (/\.(js|css)$/.test(new URL(response.url()).pathname))
      loads.push(
        response.body().then(
          (body) => body.length,
          () => 0,
        ),
      );
  });
  await tablet.goto('/');
  await tablet.locator('.table-box tbody tr:not(.skeleton)').first().waitFor();
  const bytes = (await Promise.all(loads)).reduce((sum, size) => sum + size, 0);
  assert.ok(bytes > 100_000 && bytes < 300_000, `${bytes} bytes of script and style`);
  await checkPage(tablet, 'home-tablet', { sizes: [[1024, 768]], themes: ['light'] });
  const targets = tablet.locator('.rail-link:visible, .top-button:visible, .page-actions .button:visible, td.more button:visible');
  for (const { text, width, height } of await sizesOf(targets)) {
    assert.ok(height >= 43.5 && width >= 43.5, `${text} is ${width} × ${height}`);
  }
  await tablet.context().close();
});

base('a lost connection shows a banner, and the page repairs itself', async () => {
  await page.goto('/');
  await page.locator('tr', { hasText: 'Bottle caps' }).waitFor();
  await page.context().setOffline(true);
  await studio.restart('SIGKILL');
  await page.locator('.lost-line:visible').waitFor();
  await page.screenshot({ path: `${SCREENSHOTS}/lost-line.ko.light.1280x800.png` });
  await page.context().setOffline(false);
  await page.locator('.lost-line').waitFor({ state: 'hidden' });
  // A page whose project could not be asked for is whole when the line is back.
  await page.route('**/api/projects/1', (route) => route.abort());
  await page.goto('/projects/1/data');
  await page.locator('.table-message .problem:visible').waitFor();
  await page.unroute('**/api/projects/1');
  await page.context().setOffline(true);
  await page.context().setOffline(false);
  await page.locator('.table-message .empty:visible').waitFor();
  ignoreTroubles(page);
});

base('sign out, sign in, and back to where one was', async () => {
  await page.locator('.person').click();
  await page.locator('[role=menuitem]', { hasText: '로그아웃' }).click();
  await page.waitForURL('**/sign-in**');
  await page.locator('form').waitFor();
  await page.goto('/groups');
  await page.waitForURL('**/sign-in?next=%2Fgroups');
  await page.locator('form').waitFor();
  await signIn(page, { userId: ADMIN.userId, password: 'wrong password' });
  await page.locator('.problem:visible').waitFor();
  await checkPage(page, 'sign-in');
  await signIn(page, ADMIN);
  await page.waitForURL('**/groups');
  await page.locator('h1', { hasText: '그룹' }).waitFor();
});

base('a session that ends in the middle of something asks for the password and loses nothing', async () => {
  await page.goto('/account');
  await page.locator('form input[type=text]').fill('김품질 수석');
  await page.context().clearCookies();
  await page.locator('form button[type=submit]').first().click();
  await page.locator('dialog input[type=password]').waitFor();
  await checkPage(page, 'sign-in-again', SMALL);
  await page.locator('dialog input[type=password]').fill(ADMIN.password);
  await page.locator('dialog button[type=submit]').click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.is(await page.locator('form input[type=text]').inputValue(), '김품질 수석');
  await page.locator('form button[type=submit]').first().click();
  await page.locator('.person-name', { hasText: '김품질 수석' }).waitFor();
});

base('another session in another tab: the same person goes on, anybody else is asked for first', async () => {
  const name = page.locator('form input[type=text]');
  const save = page.locator('form button[type=submit]').first();
  await name.fill('김품질 과장');
  await signInElsewhere(page, ADMIN);
  await save.click();
  await page.locator('.person-name', { hasText: '김품질 과장' }).waitFor();
  await name.fill('김품질 부장');
  await signInElsewhere(page, DEVELOPER);
  await save.click();
  await page.locator('dialog', { hasText: ADMIN.userId }).locator('input[type=password]').fill(ADMIN.password);
  await page.locator('dialog button[type=submit]').click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.is(await name.inputValue(), '김품질 부장');
  await save.click();
  await page.locator('.person-name', { hasText: '김품질 부장' }).waitFor();
  checkTroubles(page);
});

base('a developer sees no administration; an annotator has their own home', async () => {
  const developer = await newPage(studio);
  await developer.goto('/admin');
  await developer.locator('form').waitFor();
  await signIn(developer, DEVELOPER);
  await developer.locator('.message h2').waitFor();
  await checkPage(developer, 'no-rights', SMALL);
  assert.is(await developer.locator('.rail a', { hasText: '관리' }).isVisible(), false);
  await developer.goto('/');
  await developer.locator('tr', { hasText: 'PCB' }).locator('td.more button').click();
  assert.is(await developer.locator('[role=menu] .menu-item', { hasText: '삭제' }).getAttribute('aria-disabled'), 'true');
  // The next one at the same computer.
  const annotator = developer;
  await annotator.context().clearCookies();
  await annotator.goto('/');
  await annotator.locator('form').waitFor();
  await signIn(annotator, ANNOTATOR);
  await annotator.locator('.empty', { hasText: '검수자' }).waitFor();
  await checkPage(annotator, 'annotator-home');
  assert.is(await annotator.locator('.rail a:visible').count(), 3);
  await annotator.context().close();
});

base('whether to cancel an upload is not asked any more when it has arrived', async () => {
  await page.goto('/projects/1/data/new');
  const arrive = gate();
  await page.route('**/api/uploads/**', async (route) => {
    if (route.request().method() === 'PATCH') await arrive.passed;
    await route.continue();
  });
  await page
    .locator('input[type=file][multiple]')
    .first()
    .setInputFiles({ name: 'parts.zip', mimeType: 'application/zip', buffer: Buffer.from('no archive') });
  await page.locator('.new-actions button[type=submit]').click();
  const cancel = page.locator('.new-actions button', { hasText: '업로드 취소' });
  await cancel.waitFor();
  // The second click of a double click is not meant for it.
  await page.waitForTimeout(700);
  await cancel.click();
  await page.locator('dialog', { hasText: '업로드를 취소할까요?' }).waitFor();
  arrive.open();
  await page.waitForURL('**/datasets/**');
  await countBecomes(page.locator('dialog[open]'), 0);
  await page.unroute('**/api/uploads/**');
});

base.run();
