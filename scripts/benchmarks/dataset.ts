/**
 * A dataset of the size that a factory has, over HTTP as a browser sends it: a tar of class folders goes up in pieces, becomes a dataset, and is opened. One JSON
 * line: rates, daemon_peak_mib (the daemon's largest resident memory: during the upload, and in all), and the milliseconds until the first page of pictures
 * is there: first_open_ms after a start of the daemon, open_ms the median afterwards, deep_page_ms at the far end, search_ms by name.
 *
 * With --screen another line tells what a person waits for in a browser (see dataset-screen.ts).
 *
 *     ./scripts/bench dataset [--pictures 100000] [--kilobytes 50] [--size 224] [--screen]
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { parseArgs } from 'node:util';
import { type Client, Daemon } from '../../server/daemon.fixture.ts';
import type { Dataset, Group, Job, Project } from '../../server/http/schemas.ts';
import { screenFigures } from './dataset-screen.ts';
import { jpegs } from './jpegs.ts';

const { values } = parseArgs({
  options: {
    pictures: { type: 'string', default: '100000' },
    kilobytes: { type: 'string', default: '50' },
    size: { type: 'string', default: '224' },
    screen: { type: 'boolean', default: false },
  },
});
const [pictures, kilobytes, size] = [Number(values.pictures), Number(values.kilobytes), Number(values.size)];
const LIMIT_S = 7200;
const BLOCK = 512;
const rounded = (value: number) => Math.round(value * 10) / 10;

/** Behind the end of a JPEG's picture whatever follows is passed over: a mark of its own, so that no two are equal, up to the wanted length. */
function unique(jpeg: Buffer, n: number, bytes: number): Buffer {
  const file = Buffer.alloc(Math.max(bytes, jpeg.length + 8));
  jpeg.copy(file);
  file.writeUInt32BE(n, jpeg.length + 4);
  return file;
}

function tarHeader(name: string, bytes: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name);
  header.write('0000644\0', 100);
  header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.fill(' ', 148, 156);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return header;
}

async function* tar(): AsyncGenerator<Buffer> {
  const kinds = await jpegs(16, size);
  for (let n = 0; n < pictures; n++) {
    const file = unique(kinds[n % kinds.length]!, n, kilobytes * 1024);
    yield Buffer.concat([tarHeader(`${n % 2 === 0 ? 'good' : 'bad'}/${n}.jpg`, file.length), file, Buffer.alloc((BLOCK - (file.length % BLOCK)) % BLOCK)]);
  }
  yield Buffer.alloc(2 * BLOCK);
}

const tarBytes = async () => {
  let bytes = 0;
  for await (const chunk of tar()) bytes += chunk.length;
  return bytes;
};

const peakMib = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))![1]) / 1024;

async function send(client: Client, bytes: number): Promise<string> {
  const tus = { 'tus-resumable': '1.0.0' };
  const name = Buffer.from('pictures.tar').toString('base64');
  const made = await client.call('POST', '/api/uploads', undefined, { ...tus, 'upload-length': String(bytes), 'upload-metadata': `filename ${name}` });
  const address = made.headers.get('location')!;
  // As the browser does: pieces of 64 MiB, so that a broken connection costs little.
  const piece = 64 * 2 ** 20;
  const source = tar();
  let rest = Buffer.alloc(0);
  for (let offset = 0; offset < bytes; ) {
    const length = Math.min(piece, bytes - offset);
    const headers = client.headers({
      ...tus,
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
      'content-length': String(length),
    });
    const patch = request(client.url + address, { method: 'PATCH', headers });
    for (let sent = 0; sent < length; ) {
      if (rest.length === 0) rest = (await source.next()).value as Buffer<ArrayBuffer>;
      const part = rest.subarray(0, length - sent);
      rest = rest.subarray(part.length);
      sent += part.length;
      if (!patch.write(part)) await once(patch, 'drain');
    }
    patch.end();
    const [answer] = await once(patch, 'response');
    answer.resume();
    if (answer.statusCode !== 204) throw new Error(`the upload was answered with ${answer.statusCode} at ${offset}`);
    offset += length;
  }
  return address.split('/').at(-1)!;
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 11; i++) times.push(await milliseconds(work));
  return rounded(times.sort((a, b) => a - b)[5]!);
}

const daemon = await Daemon.start();
try {
  let client = await daemon.setUp();
  const [group] = await client.ok<Group[]>('GET', '/api/groups');
  const about = { name: 'large', groupId: group!.id, description: '', type: 'image', model: 'classification' };
  const project = await client.ok<Project>('POST', '/api/projects', about);
  const bytes = await tarBytes();
  let uploadId = '';
  const uploadMs = await milliseconds(async () => {
    uploadId = await send(client, bytes);
  });
  const uploadPeak = peakMib();
  let dataset!: Dataset;
  const ingestMs = await milliseconds(async () => {
    dataset = await client.ok<Dataset>('POST', `/api/projects/${project.id}/datasets`, { name: 'large', description: '', visibility: 'private', uploadId });
    const job = await client.until<Job>(`/api/jobs/${dataset.jobId}`, ({ finishedAt }) => finishedAt !== null, LIMIT_S);
    if (job.state !== 'succeeded') throw new Error(JSON.stringify(job.failure));
  });
  const peak = peakMib();
  await daemon.end();
  await daemon.launch();
  client = await daemon.client().signIn('admin');
  const page = (query: string) => client.ok('GET', `/api/datasets/${dataset.id}/items?limit=60&${query}`);
  const firstOpen = await milliseconds(() => page('offset=0'));
  const line = {
    bench: 'dataset',
    pictures,
    gib: rounded(bytes / 2 ** 30),
    upload_mib_per_s: rounded(bytes / 2 ** 20 / (uploadMs / 1000)),
    ingest_images_per_s: Math.round(pictures / (ingestMs / 1000)),
    daemon_peak_mib: { upload: Math.round(uploadPeak), all: Math.round(peak) },
    first_open_ms: rounded(firstOpen),
    open_ms: await median(() => page('offset=0')),
    deep_page_ms: await median(() => page(`offset=${pictures - 60}`)),
    search_ms: await median(() => page('offset=0&search=99')),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  if (values.screen) {
    const figures = await screenFigures(daemon.url, project.id, dataset.id);
    process.stdout.write(`${JSON.stringify({ bench: 'dataset', what: 'screen', pictures, ...figures })}\n`);
  }
} finally {
  await daemon.remove();
}
