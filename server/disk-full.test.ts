/** A disk that fills up in the middle of things: a clear error, nothing half-made, and everything else goes on. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ZipFile } from 'yazl';
import { type Client, Daemon } from './daemon.fixture.ts';
import type { AnnotatedPicture, AnnotationTask, PictureSaved } from './http/annotation-schemas.ts';
import type { Dataset, ErrorReply, Group, Job, Notification, Project } from './http/schemas.ts';

const MIB = 2 ** 20;
const DISK_MIB = 24;

const test = suite('a full disk');
const disk = mkdtempSync(join(tmpdir(), 'ai-studio-disk-'));
const mounted = (() => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'ai-studio-test', disk], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
/** Only root may make a small disk. */
const check = mounted ? test : test.skip;

let daemon: Daemon;
let admin: Client;
let project: Project;
const freeBytes = () => statfsSync(disk).bavail * statfsSync(disk).bsize;
const ballast = join(disk, 'ballast');
/** Leaves about this many bytes free. */
const fill = (left: number) => writeFileSync(ballast, Buffer.alloc(Math.max(0, freeBytes() - left)));
/** Leaves none. Of what has just ended (a job's folder, a refused write) some is still being put away: it is over when nothing comes free any more. */
async function fillUp(): Promise<void> {
  for (let still = 0; still < 5; still++) {
    try {
      while (true) {
        writeFileSync(ballast, Buffer.alloc(4096), { flag: 'a' });
        still = 0;
      }
    } catch (error) {
      assert.is((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
    await sleep(100);
  }
}

test.before(async () => {
  if (!mounted) return;
  const usual = process.env.TMPDIR;
  process.env.TMPDIR = disk;
  writeFileSync(join(disk, 'appliance.conf'), '[upload]\nkeep_free_bytes = 0\n');
  daemon = await Daemon.start('--config', join(disk, 'appliance.conf'));
  if (usual === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = usual;
  admin = await daemon.setUp();
  const [group] = await admin.ok<Group[]>('GET', '/api/groups');
  project = await admin.ok<Project>('POST', '/api/projects', { name: 'full', groupId: group!.id, description: '', type: 'image', model: 'classification' });
});
test.after(async () => {
  if (mounted) {
    await daemon.remove();
    execFileSync('umount', ['-l', disk]);
  }
  rmSync(disk, { recursive: true, force: true });
});
test.after.each(() => rmSync(ballast, { force: true }));

/** Pictures of noise, which no format makes smaller: about 190 KB each as PNG. */
async function pictures(count: number): Promise<Buffer> {
  const file = new ZipFile();
  for (let n = 0; n < count; n++) {
    const png = await sharp(randomBytes(250 * 250 * 3), { raw: { width: 250, height: 250, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    file.addBuffer(png, `${n % 2 ? 'good' : 'bad'}/${n}.png`, { compress: false });
  }
  file.end();
  const chunks: Buffer[] = [];
  for await (const chunk of file.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const newDataset = (name: string, uploadId: string) =>
  admin.call<Dataset & ErrorReply>('POST', `/api/projects/${project.id}/datasets`, { name, description: '', visibility: 'private', uploadId });

check('an upload that cannot fit is refused before it begins; one during which the disk fills up, then; its bytes can be had back', async () => {
  const before = freeBytes();
  const tus = { 'tus-resumable': '1.0.0' };
  const begin = (size: number) =>
    admin.call<ErrorReply>('POST', '/api/uploads', undefined, {
      ...tus,
      'upload-length': String(size),
      'upload-metadata': `filename ${Buffer.from('big.zip').toString('base64')}`,
    });
  const refused = await begin(before + MIB);
  assert.equal([refused.status, refused.body.code], [507, 'upload_no_space']);
  const size = 8 * MIB;
  const address = (await begin(size)).headers.get('location')!;
  fill(2 * MIB);
  const answer = await fetch(daemon.url + address, {
    method: 'PATCH',
    headers: admin.headers({ ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' }),
    body: Buffer.alloc(size),
  });
  assert.is(answer.status, 507);
  const told = (await answer.json()) as ErrorReply;
  assert.is(told.code, 'disk_full');
  assert.match(told.message, /space|disk/i);
  assert.is((await admin.call('DELETE', address, undefined, tus)).status, 204);
  rmSync(ballast);
  assert.ok(freeBytes() > before - MIB, `${before} → ${freeBytes()}`);
});

check('a dataset that does not fit keeps its upload, is made of it when there is room, and gives it up when it is deleted', async () => {
  const before = freeBytes();
  const archive = await pictures(40);
  const path = (id: number) => `/api/datasets/${id}`;
  const over = ({ state }: Job) => state !== 'pending' && state !== 'running';
  const failing = async (name: string) => {
    const uploadId = await admin.upload('noise.zip', archive);
    fill(3 * MIB);
    const { status, body } = await newDataset(name, uploadId);
    assert.is(status, 201, JSON.stringify(body));
    const job = await admin.until<Job>(`/api/jobs/${body.jobId}`, over);
    assert.equal([job.state, job.failure?.code], ['failed', 'disk_full']);
    return body.id;
  };
  const id = await failing('too large');
  const failed = await admin.ok<Dataset>('GET', path(id));
  assert.equal([failed.status, failed.failure?.code, failed.sizeBytes, failed.count], ['failed', 'disk_full', archive.length, 0]);
  assert.is(failed.exportBlockedBy, 'dataset_failed');
  assert.is((await admin.call<ErrorReply>('GET', `${path(id)}/items`)).body.code, 'dataset_failed');
  const [told] = await admin.ok<Notification[]>('GET', '/api/notifications');
  assert.match(told!.en, /too large .*upload is kept/);
  // Of what was unpacked nothing stays, a moment later.
  for (let waited = 0; freeBytes() < 2 * MIB && waited < 600; waited++) await sleep(100);
  assert.ok(freeBytes() > 2 * MIB);
  // It fails again while there is no room, and outlives the daemon.
  const { jobId } = await admin.ok<Dataset>('POST', `${path(id)}/again`);
  assert.is((await admin.until<Job>(`/api/jobs/${jobId}`, over)).state, 'failed');
  await daemon.end('SIGKILL');
  await daemon.launch();
  admin = await daemon.client().signIn('admin');
  assert.equal(await admin.ok<Dataset>('GET', path(id)), { ...failed, jobId });
  rmSync(ballast);
  assert.is((await admin.ok<Dataset>('POST', `${path(id)}/again`)).status, 'ingesting');
  assert.is((await admin.call<ErrorReply>('POST', `${path(id)}/again`)).body.code, 'dataset_not_failed');
  const made = await admin.until<Dataset>(path(id), ({ status }) => status === 'ready');
  assert.equal([made.count, made.failure, existsSync(join(daemon.data, 'datasets', String(id), 'upload'))], [40, null, false]);
  assert.is((await admin.call('DELETE', `${path(id)}?forGood=true`)).status, 204);

  const other = await failing('also too large');
  assert.is((await admin.call('DELETE', path(other))).status, 204);
  assert.equal(await admin.ok<Dataset[]>('GET', `/api/projects/${project.id}/datasets`), []);
  assert.equal(readdirSync(join(daemon.data, 'datasets')), []);
  rmSync(ballast);
  // The logs of the jobs stay; of the uploads and what was unpacked nothing does, a moment later.
  for (let waited = 0; freeBytes() <= before - MIB && waited < 600; waited++) await sleep(100);
  assert.ok(freeBytes() > before - MIB, `${before} → ${freeBytes()}`);

  const fits = await newDataset('fits', await admin.upload('noise.zip', await pictures(10)));
  const ready = await admin.until<Dataset>(`/api/datasets/${fits.body.id}`, ({ status }) => status === 'ready');
  assert.is(ready.count, 10);
});

check('with no byte left the box still answers, refuses what it cannot keep, and keeps what it had', async () => {
  const list = await admin.ok<Dataset[]>('GET', `/api/projects/${project.id}/datasets`);
  await fillUp();
  const refused = await admin.call<ErrorReply>('PATCH', `/api/projects/${project.id}`, { description: 'x'.repeat(2000) });
  assert.equal([refused.status, refused.body.code], [507, 'disk_full']);
  assert.is((await admin.ok<Project>('GET', `/api/projects/${project.id}`)).description, '');
  assert.equal(await admin.ok<Dataset[]>('GET', `/api/projects/${project.id}/datasets`), list);
  assert.is((await admin.call('GET', `/api/datasets/${list[0]!.id}/pictures/0`)).status, 200);
  await fillUp();
  // Deleting is what helps, so it must be possible; the trash needs room, though.
  const trash = await admin.call<ErrorReply>('DELETE', `/api/datasets/${list[0]!.id}`);
  assert.equal([trash.status, trash.body.code], [507, 'trash_disk_full']);
  assert.equal(await admin.ok<Dataset[]>('GET', `/api/projects/${project.id}/datasets`), list);
  const before = freeBytes();
  assert.is((await admin.call('DELETE', `/api/datasets/${list[0]!.id}?forGood=true`)).status, 204);
  // Reads that were under way hold the files for a moment.
  for (let waited = 0; freeBytes() < before + MIB && waited < 600; waited++) await sleep(100);
  assert.ok(freeBytes() > before + MIB);
  rmSync(ballast);
  assert.is((await admin.ok<Project>('PATCH', `/api/projects/${project.id}`, { description: 'room again' })).description, 'room again');
});

check('labels that find no room are refused and taken when there is some; Complete is whole or has not happened', async () => {
  const zip = new ZipFile();
  for (let n = 0; n < 4; n++) {
    const png = await sharp({ create: { width: 16, height: 16, channels: 3, background: { r: 60 * n, g: 20, b: 90 } } })
      .png()
      .toBuffer();
    zip.addBuffer(png, `${n}.png`);
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  const made = await newDataset('unlabelled', await admin.upload('unlabelled.zip', Buffer.concat(chunks)));
  const { id: datasetId } = await admin.until<Dataset>(`/api/datasets/${made.body.id}`, ({ status }) => status === 'ready');
  const { id } = await admin.ok<AnnotationTask>('POST', `/api/datasets/${datasetId}/annotation`, { annotatorIds: [1] });
  const path = `/api/annotation/tasks/${id}`;
  await admin.ok('POST', `${path}/classes`, { name: 'OK' });
  const save = (n: number, base = 0, state = 'done') =>
    admin.call<PictureSaved & ErrorReply>('PUT', `${path}/pictures/${n}`, { base, state, label: 1, saveId: `save-of-${n}-${base}` });
  assert.is((await save(0)).status, 200);
  fill(0);
  // What is left of the last page of the log may still take some.
  let refused = -1;
  for (let base = 1; refused < 0 && base < 200; base++) {
    const { status, body } = await save(0, base);
    if (status !== 200) {
      assert.equal([status, body.code], [507, 'disk_full']);
      refused = base;
    }
  }
  assert.ok(refused > 0, 'the disk took all of it');
  assert.is((await admin.ok<AnnotatedPicture>('GET', `${path}/pictures/0`)).revision, refused);
  rmSync(ballast);
  assert.is((await save(0, refused)).body.revision, refused + 1, 'the same save, once there is room');
  for (const n of [1, 2]) assert.is((await save(n)).status, 200);
  assert.is((await save(3, 0, 'delete')).status, 200);

  const settled = () => admin.until<AnnotationTask>(path, ({ status }) => status !== 'completing');
  for (const left of [0, 8192, 24576, 65536]) {
    fill(left);
    const started = await admin.call<AnnotationTask & ErrorReply>('POST', `${path}/complete`);
    if (started.status !== 200) assert.is(started.body.code, left === 0 ? 'disk_full' : started.body.code);
    const over = ({ state }: Job) => state !== 'pending' && state !== 'running';
    if (started.body.jobId) await admin.until<Job>(`/api/jobs/${started.body.jobId}`, over, 3).catch(() => {});
    rmSync(ballast);
    const { status } = await settled();
    const { count, labelledCount } = await admin.ok<Dataset>('GET', `/api/datasets/${datasetId}`);
    assert.equal([count, labelledCount], status === 'completed' ? [3, 3] : [4, 0], `with ${left} bytes it is ${status}`);
    if (status === 'completed') break;
  }
  if ((await settled()).status === 'working') await admin.ok('POST', `${path}/complete`);
  assert.is((await settled()).status, 'completed');
  const { count, labelledCount } = await admin.ok<Dataset>('GET', `/api/datasets/${datasetId}`);
  assert.equal([count, labelledCount], [3, 3]);
});

check('with no byte left it starts: what was kept is there, what ran goes on, and somebody can sign in and make room', async () => {
  const made = await newDataset('in the way', await admin.upload('noise.zip', await pictures(10)));
  await admin.until<Dataset>(`/api/datasets/${made.body.id}`, ({ status }) => status === 'ready');
  const { jobId } = (await newDataset('cut', await admin.upload('noise.zip', await pictures(10)))).body;
  const pidFile = join(daemon.data, 'jobs', String(jobId), 'worker.pid');
  for (let waited = 0; !existsSync(pidFile) && waited < 12_000; waited++) await sleep(5);
  try {
    process.kill(Number.parseInt(readFileSync(pidFile, 'utf8'), 10), 'SIGSTOP');
  } catch {
    // It was quicker.
  }
  await fillUp();
  await daemon.end('SIGKILL');
  await fillUp();
  await daemon.launch();
  await fillUp();
  const again = await daemon.client().signIn('admin');
  assert.is((await again.ok<Project>('GET', `/api/projects/${project.id}`)).description, 'room again');
  const before = freeBytes();
  assert.is((await again.call('DELETE', `/api/datasets/${made.body.id}?forGood=true`)).status, 204);
  for (let waited = 0; freeBytes() < before + MIB && waited < 600; waited++) await sleep(100);
  assert.ok(freeBytes() > before + MIB);
  // What it comes to depends on where it has found no room; there was some for its log or there was none.
  const { state, failure } = await again.until<Job>(`/api/jobs/${jobId}`, (job) => job.state !== 'pending' && job.state !== 'running');
  assert.ok(state === 'succeeded' || ['disk_full', 'worker_crashed'].includes(failure!.code), `${state} ${JSON.stringify(failure)}`);
});

test.run();
