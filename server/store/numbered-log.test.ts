import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { linesBeforeKill } from './killed-writer.fixture.ts';
import { type Amendment, openThings, THINGS, type Thing } from './numbered-log.fixture.ts';
import { readNewest } from './numbered-log.ts';

const WRITER = join(dirname(fileURLToPath(import.meta.url)), 'numbered-log.fixture.js');
const ROUNDS = 56;

const test = suite('numbered log');
let dir: string;
test.before.each(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-studio-log-'));
});
test.after.each(async () => {
  await rm(dir, { recursive: true, force: true });
});

const generationOf = async (folder: string) => Math.max(...(await readdir(folder)).map((name) => Number(/^log\.(\d+)\.jsonl$/.exec(name)?.[1] ?? -1)));

test(`${ROUNDS} writers are killed at random moments, and nothing acknowledged is lost`, async () => {
  let saves = 0;
  let rewritten = 0;
  const rounds = async (folder: string, count: number) => {
    const known = new Map<number, { value: number; length: number }>();
    for (let i = 0; i < count; i++) {
      for (const line of await linesBeforeKill(WRITER, folder, 120)) {
        const [what, n, value, length] = line.split(' ');
        if (what !== 'saved') continue;
        known.set(Number(n), { value: Number(value), length: Number(length) });
        saves += 1;
      }
      const things = await openThings(folder);
      for (const [n, { value, length }] of known) {
        const head = things.head(n);
        assert.ok(head !== undefined && head >= value, `thing ${n} is ${head}, acknowledged was ${value}`);
        const thing = await things.read(n);
        assert.is(thing?.n, n);
        assert.is(thing?.value, head);
        if (head === value) assert.is(thing?.padding.length, length);
        // A save that reached the disk without being acknowledged in time counts from now on.
        known.set(n, { value: head, length: thing!.padding.length });
      }
      await things.close();
    }
    rewritten += await generationOf(folder);
  };
  await Promise.all([rounds(join(dir, 'a'), ROUNDS / 2), rounds(join(dir, 'b'), ROUNDS / 2)]);
  assert.ok(saves > 500, `only ${saves} saves were acknowledged: the test proves too little`);
  assert.ok(rewritten > 5, `the log was written anew only ${rewritten} times: the test proves too little`);
});

test('a torn last line is cut off, and heads of another log are not believed', async () => {
  let things = await openThings(dir);
  for (let n = 0; n < 10; n++) await things.update(n, () => ({ n, value: n + 1, padding: '한글 라벨' }));
  await things.close();
  const log = join(dir, 'log.0.jsonl');
  await appendFile(log, '{"n":3,"value":99,"pad');
  things = await openThings(dir);
  assert.is(things.head(3), 4);
  assert.equal(await things.read(9), { n: 9, value: 10, padding: '한글 라벨' });
  await things.close();

  // Somebody puts another log into the place, of the same length and longer: the heads of the first one do not fit it.
  const text = await readFile(log, 'utf8');
  await writeFile(log, text.replace('"value":10,', '"value":77,'));
  things = await openThings(dir);
  assert.is(things.head(9), 77);
  await things.close();
  await truncate(log, 0);
  things = await openThings(dir);
  assert.is(things.size, 0);
  await things.close();
});

test('changes of one number happen one after another, and a refused one leaves no trace', async () => {
  const things = await openThings(dir);
  const saves = Array.from({ length: 100 }, (_, i) =>
    things.update(5, async (before) => {
      await sleep(i % 3);
      if (i === 50) throw new Error('refused');
      return { n: 5, value: (before ?? 0) + 1, padding: '' };
    }),
  );
  const results = await Promise.allSettled(saves);
  assert.is(results.filter(({ status }) => status === 'rejected').length, 1);
  assert.is(things.head(5), 99);
  await things.close();
  const again = await openThings(dir);
  assert.is(again.head(5), 99);
  await again.close();
});

test('what was amended is there at once, after opening, and for a worker; after some time it is whole again', async () => {
  let things = await openThings(dir);
  await things.update(1, () => ({ n: 1, value: 0, padding: '' }));
  for (let i = 0; i < 30; i++) {
    await things.update(1, () => ({ amend: { add: 1, more: String(i % 10) } }));
    assert.is((await things.read(1))?.value, i + 1);
  }
  const text = '0123456789'.repeat(3);
  await things.close();
  // The heads are gone, and then they know more than the mark that they bear.
  for (const spoil of [async () => rm(join(dir, 'heads.jsonl')), async () => {}]) {
    await spoil();
    things = await openThings(dir);
    assert.equal([things.head(1), await things.read(1)], [30, { n: 1, value: 30, padding: text }]);
    await things.close();
  }
  const amend = ({ n, value, padding }: Thing, { add, more }: Amendment): Thing => ({ n, value: value + add, padding: padding + more });
  const read: Thing[] = [];
  for await (const thing of readNewest<Thing, Amendment>(dir, amend)) read.push(thing);
  assert.equal(read, [{ n: 1, value: 30, padding: text }]);

  things = await openThings(dir);
  for (let i = 0; i < 100; i++) await things.update(1, () => ({ amend: { add: 1, more: '' } }));
  await things.quiet();
  await things.close();
  const lines = (await readFile(join(dir, `log.${await generationOf(dir)}.jsonl`), 'utf8')).trimEnd().split('\n');
  const whole = lines.findLastIndex((line) => !line.includes('"amend"'));
  assert.ok(whole > 0 && whole < lines.length - 1, `the last whole line is ${whole} of ${lines.length}`);
  things = await openThings(dir);
  assert.equal(await things.read(1), { n: 1, value: 130, padding: text });
  await things.close();
});

test('the log is written anew while saves and reads go on', async () => {
  const things = await openThings(dir);
  for (let round = 1; round <= 40; round++) {
    await Promise.all(
      Array.from({ length: THINGS }, async (_, n) => {
        await things.update(n, () => ({ n, value: round - 1, padding: 'y'.repeat(300) }));
        await things.update(n, () => ({ amend: { add: 1, more: 'z' } }));
        assert.is((await things.read(n))?.value, round);
      }),
    );
  }
  await things.settled();
  assert.ok((await generationOf(dir)) >= 1, 'it was never written anew');
  assert.ok(things.bytes < 40 * THINGS * 300, `${things.bytes} bytes are left`);
  await things.close();
  assert.is((await readdir(dir)).filter((name) => name.startsWith('log.')).length, 1);
});

test.run();
