import { fork } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LabelSet, labelFolder } from '../store/label-set.ts';
import { PictureSet } from '../store/pictures.ts';
import { Journal } from './journal.ts';
import type { IngestOutcome, SampleSpec } from './protocol.ts';
import { endOf, eventsOf, readJson, removeTemporaryFolders, runToEnd, startJob, temporaryFolder } from './workers.fixture.ts';

test.after(removeTemporaryFolders);

const SAMPLE: SampleSpec = { kind: 'sample', jobId: 1, threads: 2, memoryMb: 1024, perClass: 3, size: 64, seed: 42 };

test('the sample pictures: a picture set, the same for the same seed', async () => {
  const [a, b] = await Promise.all([runToEnd(SAMPLE), runToEnd(SAMPLE)]);
  assert.is(a.end.state, 'succeeded', a.log);
  const outcome = readJson<IngestOutcome>(a.dir, 'out', 'ingest.json');
  assert.equal(
    outcome.classes.map(({ name, count }) => [name, count]),
    [
      ['OK', 3],
      ['scratch', 3],
      ['dent', 3],
      ['stain', 3],
    ],
  );
  const packs = [a, b].map(({ dir }) => readFileSync(join(dir, 'out', 'pictures', 'pictures.pack')));
  assert.ok(packs[0]!.equals(packs[1]!));
  const set = await PictureSet.open(join(a.dir, 'out', 'pictures'));
  const labels = await LabelSet.open(labelFolder(join(a.dir, 'out', 'pictures'), 1));
  assert.equal([set.items.length, set.items[11]!.name, labels.labelOf(11)], [12, 'stain/stain-003.jpg', 3]);
  await labels.close();
  await set.close();
  assert.ok(a.messages.some(({ type }) => type === 'progress'));
  assert.equal(
    a.messages.flatMap((message) => (message.type === 'event' ? [message.event] : [])),
    a.events,
    'every event is sent, too',
  );
  assert.not.ok(existsSync(join(a.dir, 'worker.pid')));
});

test('a job that has ended is not done again, but its end is told again', async () => {
  const first = await runToEnd(SAMPLE);
  const again = startJob(SAMPLE, first.dir);
  assert.equal(await again.ended, { code: 0, signal: null });
  assert.equal(again.messages, [{ type: 'event', event: first.end }]);
  assert.equal(eventsOf(first.dir), first.events);
});

test('one worker a folder; stop; an orphan ends at once', async () => {
  const long: SampleSpec = { ...SAMPLE, perClass: 500, size: 256 };
  const running = startJob(long);
  await begun(running.dir);
  assert.is(readFileSync(join(running.dir, 'worker.pid'), 'utf8').trim(), String(running.child.pid));
  const second = startJob(long, running.dir);
  assert.is((await second.ended).code, 75);
  running.child.kill('SIGTERM');
  const stopped = await endOf(running);
  assert.equal([stopped.end.state, stopped.end.failure], ['stopped', null]);
  assert.not.ok(existsSync(join(running.dir, 'out')));

  const orphan = startJob(long);
  await begun(orphan.dir);
  orphan.child.disconnect();
  assert.is((await orphan.ended).code, 1);
  assert.ok(
    eventsOf(orphan.dir).every(({ type }) => type !== 'end'),
    'it is to be done again',
  );
});

test('a torn last line is cut off and the numbers go on', () => {
  const path = join(temporaryFolder(), 'events.jsonl');
  const journal = new Journal(path);
  journal.append({ type: 'log', level: 'info', text: 'one' });
  journal.close();
  appendFileSync(path, '{"seq":2,"at":"2026-0');
  const reopened = new Journal(path);
  reopened.append({ type: 'log', level: 'info', text: 'two' });
  reopened.close();
  assert.equal(
    eventsOf(join(path, '..')).map((event) => [event.seq, event.type === 'log' && event.text]),
    [
      [1, 'one'],
      [2, 'two'],
    ],
  );
});

test('too much memory: the job ends with the reason, also where its own thread is stuck', async () => {
  const greedy = await runToEnd({ ...SAMPLE, perClass: 500, size: 256, memoryMb: 40 });
  assert.equal([greedy.end.state, greedy.end.failure?.code], ['failed', 'out_of_memory_data'], greedy.log);

  // An ONNX model, by its first byte; of zeros that are nowhere.
  const file = join(temporaryFolder(), 'large.onnx');
  writeFileSync(file, Uint8Array.of(8));
  truncateSync(file, 101 * 2 ** 20);
  const large = await runToEnd({ kind: 'weights', jobId: 2, threads: 1, memoryMb: 300, file });
  assert.equal([large.end.failure?.code, large.end.failure?.params], ['weights_onnx_large', { limitMb: 100 }], large.log);

  const dir = join(temporaryFolder(), 'stuck');
  mkdirSync(dir);
  writeFileSync(join(dir, 'worker.pid'), '1\n');
  const child = fork(fileURLToPath(new URL('watchdog.fixture.js', import.meta.url)), [join(dir, 'events.jsonl'), join(dir, 'worker.pid')]);
  const signal = await new Promise((resolve) => child.on('close', (_code, name) => resolve(name)));
  assert.is(signal, 'SIGKILL');
  const end = eventsOf(dir).at(-1);
  assert.equal([end?.seq, end?.type === 'end' && end.failure?.code], [3, 'out_of_memory']);
  assert.not.ok(existsSync(join(dir, 'worker.pid')));
});

test('with no room for its log a job still ends, and tells how', async () => {
  const preload = join(temporaryFolder(), 'full.cjs');
  const refusing = (what: string) =>
    writeFileSync(
      preload,
      `const fs = require('node:fs');
      const { writeSync } = fs;
      fs.writeSync = (file, text, ...rest) => {
        if (typeof text !== 'string' || !${what}.test(text)) return writeSync(file, text, ...rest);
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      };
      require('node:module').syncBuiltinESMExports();\n`,
    );
  const told = async () => {
    const job = startJob(SAMPLE, undefined, { NODE_OPTIONS: `--require ${preload}` });
    const { code } = await job.ended;
    const ends = job.messages.flatMap((message) => (message.type === 'event' && message.event.type === 'end' ? [message.event] : []));
    return { code, ends: ends.map(({ state, failure }) => [state, failure?.code]) };
  };
  refusing('/"type":"end"/');
  assert.equal(await told(), { code: 0, ends: [['succeeded', undefined]] });
  refusing('/"seq":/');
  assert.equal(await told(), { code: 1, ends: [['failed', 'disk_full']] });
});

test('whatever else goes wrong ends with a sentence for a person', async () => {
  const job = await runToEnd({ ...SAMPLE, size: -1 });
  assert.equal([job.end.state, job.end.failure?.code], ['failed', 'internal']);
  assert.match(job.log, /at /);
});

async function begun(dir: string): Promise<void> {
  while (eventsOf(dir).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

test.run();
