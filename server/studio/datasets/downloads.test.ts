import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Client, Daemon, PASSWORD } from '../../daemon.fixture.ts';
import type { Dataset, ErrorReply, Project } from '../../http/schemas.ts';
import { tarOf } from '../../jobs/archives.fixture.ts';

let folder: string;
let daemon: Daemon;
let first: Client;
let second: Client;
let dataset: Dataset;

const settings = (patience: number) => writeFileSync(join(folder, 'appliance.conf'), `[download]\npatience_seconds = ${patience}\n`);

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ai-studio-downloads-'));
  settings(600);
  daemon = await Daemon.start('--config', join(folder, 'appliance.conf'));
  const admin = await daemon.setUp();
  for (const userId of ['first', 'second'])
    await admin.ok('POST', '/api/users', { userId, name: userId, password: PASSWORD, role: 'developer', groupIds: [1] });
  first = await daemon.client().signIn('first');
  second = await daemon.client().signIn('second');
  dataset = await described();
});
test.after(async () => {
  await daemon.remove();
  await rm(folder, { recursive: true });
});

/** Pictures with labels that say so much that the label files are more than what waits for a reader anywhere: one who does not read holds their writer. */
async function described(): Promise<Dataset> {
  const pictures = 32;
  const shape = {
    label: 'a',
    shape_type: 'rectangle',
    points: [
      [5, 5],
      [20, 30],
    ],
    description: 'long '.repeat(120_000),
  };
  const files = [];
  for (let n = 0; n < pictures; n++) {
    const data = await sharp({ create: { width: 40, height: 40, channels: 3, background: { r: n, g: 90, b: 40 } } })
      .png()
      .toBuffer();
    const labels = { shapes: [shape], imagePath: `${n}.png`, imageWidth: 40, imageHeight: 40 };
    files.push({ name: `${n}.png`, data }, { name: `${n}.json`, data: Buffer.from(JSON.stringify(labels)) });
  }
  const request = { name: 'described', groupId: 1, description: '', type: 'image', model: 'detection' };
  const project = await first.ok<Project>('POST', '/api/projects', request);
  const uploadId = await first.upload('described.tar', tarOf(files));
  const { id } = await first.ok<Dataset>('POST', `/api/projects/${project.id}/datasets`, {
    name: 'described',
    description: '',
    visibility: 'shared',
    uploadId,
  });
  const ready = await first.until<Dataset>(`/api/datasets/${id}`, ({ status }) => status !== 'ingesting');
  assert.equal([ready.status, ready.labelledCount], ['ready', pictures], JSON.stringify(ready));
  return ready;
}

const writersOf = (daemonPid: number | null) =>
  readdirSync('/proc').filter((pid) => {
    try {
      const isWriter = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('label-files.js');
      return isWriter && (daemonPid === null || readFileSync(`/proc/${pid}/status`, 'utf8').includes(`PPid:\t${daemonPid}\n`));
    } catch {
      return false;
    }
  });

/** A process that was told to end takes a moment. */
async function writersBecome(count: number): Promise<void> {
  for (let waited = 0; writersOf(daemon.pid).length !== count && waited < 200; waited++) await sleep(50);
  assert.is(writersOf(daemon.pid).length, count);
}

/** How many times the daemon has the dataset's pictures open. */
const openPacks = () =>
  readdirSync(`/proc/${daemon.pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${daemon.pid}/fd/${fd}`) === join(daemon.data, 'datasets', String(dataset.id), 'pictures.pack');
    } catch {
      return false;
    }
  }).length;

/** A download of which nothing is read until it is asked for. */
function begin(client: Client) {
  let answer: IncomingMessage | null = null;
  const request = get(`${daemon.url}/api/datasets/${dataset.id}/download?format=labelme`, { headers: client.headers() }, (response) => {
    answer = response;
  });
  request.on('error', () => {});
  return {
    get status() {
      return answer?.statusCode ?? null;
    },
    giveUp: () => request.destroy(),
    begun: async () => {
      for (let waited = 0; answer === null && waited < 600; waited++) await sleep(50);
      assert.is(answer?.statusCode, 200);
    },
    /** The bytes of the whole; null where it was broken off. */
    read: () =>
      new Promise<number | null>((done) => {
        let bytes = 0;
        answer!.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        answer!.once('end', () => done(answer!.complete ? bytes : null));
        answer!.once('error', () => done(null));
      }),
  };
}

const check = (client: Client) => client.call<ErrorReply>('GET', `/api/datasets/${dataset.id}/download/check?format=labelme`);
async function becomes(client: Client, status: number): Promise<void> {
  for (let waited = 0; (await check(client)).status !== status && waited < 100; waited++) await sleep(50);
  assert.is((await check(client)).status, status);
}

test('label files are written for two downloads at a time; whoever has the fewest comes next; more than four of one person are refused', async () => {
  const [a, b] = [begin(first), begin(first)];
  await a.begun();
  await b.begun();
  const c = begin(first);
  assert.is((await check(first)).status, 204);
  const d = begin(first);
  await becomes(first, 429);
  const { body } = await check(first);
  assert.equal([body.code, body.params], ['too_many_downloads', { count: 4 }]);
  assert.match(body.message, /4개/);
  assert.is((await first.call('GET', `/api/datasets/${dataset.id}/download?format=labelme`)).status, 429);

  const e = begin(second);
  await becomes(second, 204);
  await writersBecome(2);
  assert.equal([c.status, d.status, e.status], [null, null, null]);
  a.giveUp();
  await e.begun();
  await writersBecome(2);
  assert.equal([c.status, d.status], [null, null], 'the second person had none');
  await becomes(first, 204);
  // One that waits and is given up makes room.
  const f = begin(first);
  await becomes(first, 429);
  c.giveUp();
  await becomes(first, 204);
  const [whole, other] = await Promise.all([e.read(), b.read()]);
  assert.ok(whole !== null && whole > 1.5e7 && whole === other, `${whole} ${other}`);
  for (const each of [d, f]) {
    await each.begun();
    assert.is(await each.read(), whole);
  }
  await writersBecome(0);
});

test('a client that goes before anything is sent leaves no file open', async () => {
  const [a, b] = [begin(first), begin(first)];
  // The sets are open, the process that reads the labels has just begun.
  for (let waited = 0; openPacks() < 2 && waited < 6000; waited++) await sleep(5);
  assert.is(openPacks(), 2);
  a.giveUp();
  b.giveUp();
  for (let waited = 0; openPacks() + writersOf(daemon.pid).length > 0 && waited < 400; waited++) await sleep(50);
  assert.equal([openPacks(), writersOf(daemon.pid)], [0, []]);
});

test('one that waits for a dataset that goes is refused; one that rests is broken off where another waits; kill -9 leaves no writer', async () => {
  const path = `/api/datasets/${dataset.id}`;
  const [a, b] = [begin(first), begin(first)];
  await a.begun();
  await b.begun();
  const waiting = second.call('GET', `${path}/download?format=labelme`);
  await becomes(second, 204);
  assert.is((await first.call('DELETE', path)).status, 204);
  a.giveUp();
  assert.is((await waiting).status, 404);
  b.giveUp();
  await first.ok('POST', `/api/trash/${dataset.id}/restore`);

  const [c, d] = [begin(first), begin(first)];
  await c.begun();
  await d.begun();
  await writersBecome(2);
  const writers = writersOf(daemon.pid);
  const before = readdirSync(join(daemon.data, 'datasets', String(dataset.id)), { recursive: true });
  await daemon.end('SIGKILL');
  for (let waited = 0; writers.some((pid) => writersOf(null).includes(pid)) && waited < 100; waited++) await sleep(50);
  assert.ok(writers.every((pid) => !writersOf(null).includes(pid)));
  settings(1);
  await daemon.launch();
  assert.equal(readdirSync(join(daemon.data, 'datasets', String(dataset.id)), { recursive: true }), before);

  for (const client of [first, second]) client.url = daemon.url;
  const [e, f] = [begin(first), begin(first)];
  await e.begun();
  await f.begun();
  const g = begin(second);
  await g.begun();
  assert.ok((await g.read())! > 1.5e7, 'it was waiting, and is whole');
  const ends = await Promise.all([e.read(), f.read()]);
  assert.ok(ends.includes(null), 'which one was given up is not decided here');
});

test.run();
