import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Collection, Document } from './collection.ts';
import { DamagedFileError } from './durable.ts';
import { Journal, readJournal } from './journal.ts';
import { linesBeforeKill } from './killed-writer.fixture.ts';
import { FolderInUseError, lockFolder } from './lock.ts';
import { Reserve } from './reserve.ts';
import type { Item } from './writer.fixture.ts';

const WRITER = join(dirname(fileURLToPath(import.meta.url)), 'writer.fixture.js');
const ROUNDS = 56;

const test = suite('durable store');
let dir: string;
test.before.each(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-studio-store-'));
});
test.after.each(async () => {
  await rm(dir, { recursive: true, force: true });
});

interface Acknowledged {
  values: Map<number, number>;
  deleted: Set<number>;
  lines: number[];
  highest: number;
}

/** Lets a writer run for a moment, kills it, and adds what it had acknowledged. */
async function killedWriter(folder: string, known: Acknowledged): Promise<void> {
  for (const line of await linesBeforeKill(WRITER, folder, 60)) {
    const [what, a, b] = line.split(' ');
    if (what === 'put') {
      known.values.set(Number(a), Number(b));
      known.highest = Math.max(known.highest, Number(a));
    } else if (what === 'deleted') {
      known.values.delete(Number(a));
      known.deleted.add(Number(a));
    } else if (what === 'line') known.lines.push(Number(a));
  }
}

async function checkEverythingIsThere(folder: string, known: Acknowledged): Promise<void> {
  const items = await Collection.open<Item>(folder, 'items');
  for (const [id, value] of known.values) {
    const item = items.get(id);
    // One change more than the last acknowledged may have reached the disk, a deletion too; nothing less.
    if (item === undefined) assert.is(id % 4, 0, `record ${id} is lost`);
    else assert.ok(item.value >= value, `record ${id} is ${item.value}, acknowledged was ${value}`);
  }
  for (const id of known.deleted) assert.is(items.get(id), undefined, `record ${id} is back`);
  const next = await items.nextId();
  assert.ok(next > known.highest, `id ${next} is given again`);
  const lines = new Set<number>();
  for await (const { line } of readJournal<{ line: number }>(join(folder, 'lines.jsonl'))) lines.add(line);
  for (const line of known.lines) assert.ok(lines.has(line), `line ${line} is lost`);
  const leftovers = (await readdir(join(folder, 'items'))).filter((name) => name.endsWith('.tmp'));
  assert.equal(leftovers, []);
}

test(`${ROUNDS} writers are killed at random moments, and nothing acknowledged is lost`, async () => {
  let written = 0;
  const rounds = async (name: string, count: number) => {
    const folder = join(dir, name);
    const known: Acknowledged = { values: new Map(), deleted: new Set(), lines: [], highest: 0 };
    await Collection.open(folder, 'items');
    for (let i = 0; i < count; i++) {
      await killedWriter(folder, known);
      await checkEverythingIsThere(folder, known);
    }
    written += known.lines.length + known.values.size;
  };
  await Promise.all([rounds('a', ROUNDS / 2), rounds('b', ROUNDS / 2)]);
  assert.ok(written > 100, `only ${written} writes were acknowledged: the test proves too little`);
});

test('leftovers of a crash are removed, and a record is its old or its new self', async () => {
  const items = await Collection.open<Item>(dir, 'items');
  await items.put({ id: 1, value: 1, padding: '' });
  await writeFile(join(dir, 'items', '.1.json.0123456789ab.tmp'), '{"id": 1, "val');
  const again = await Collection.open<Item>(dir, 'items');
  assert.is(again.get(1)?.value, 1);
  assert.equal((await readdir(join(dir, 'items'))).sort(), ['1.json']);
});

test('a damaged file is named and left as it is', async () => {
  const items = await Collection.open<Item>(dir, 'items');
  await items.put({ id: 1, value: 1, padding: '' });
  const file = join(dir, 'items', '1.json');
  for (const damage of ['', '{"id": 1,', '{"id": 2}', '[]']) {
    await writeFile(file, damage);
    try {
      await Collection.open<Item>(dir, 'items');
      assert.unreachable();
    } catch (error) {
      assert.instance(error, DamagedFileError);
      assert.match((error as Error).message, file);
    }
    assert.is(await readFile(file, 'utf8'), damage);
  }
});

test('ids are never given again, not after a delete and a restart', async () => {
  const first = await Collection.open<Item>(dir, 'items');
  const a = await first.add((id) => ({ id, value: 0, padding: '' }));
  const b = await first.add((id) => ({ id, value: 0, padding: '' }));
  await first.delete(b.id);
  const second = await Collection.open<Item>(dir, 'items');
  const c = await second.add((id) => ({ id, value: 0, padding: '' }));
  assert.equal([a.id, b.id, c.id], [1, 2, 3]);
});

test('changes of one record come one after another, and one that throws changes nothing', async () => {
  const items = await Collection.open<Item>(dir, 'items');
  await items.put({ id: 1, value: 0, padding: '' });
  const add = () => items.update(1, (before) => ({ ...before, value: before.value + 1 }));
  const refuse = () => {
    throw new Error('no');
  };
  const [failed] = await Promise.allSettled([items.update(1, refuse), ...Array.from({ length: 20 }, add)]);
  assert.is(failed.status, 'rejected');
  assert.is(items.get(1)?.value, 20);
  assert.is((await Collection.open<Item>(dir, 'items')).get(1)?.value, 20);
  assert.is(await items.update(99, (before) => before), undefined);
});

test('a document is kept', async () => {
  const file = join(dir, 'one.json');
  const document = await Document.open<{ count: number }>(file, { count: 0 });
  await Promise.all(Array.from({ length: 10 }, () => document.update(({ count }) => ({ count: count + 1 }))));
  assert.is((await Document.open<{ count: number }>(file, { count: 0 })).data.count, 10);
  for (const damaged of ['{"coumt":10}', '10']) {
    await writeFile(file, damaged);
    const error: unknown = await Document.open<{ count: number }>(file, { count: 0 }).catch((reason: unknown) => reason);
    assert.instance(error, DamagedFileError, damaged);
  }
});

test('the torn last line of a journal is cut off, and writing goes on behind it', async () => {
  const file = join(dir, 'j.jsonl');
  await writeFile(file, '{"n":1}\n{"n":2}\n{"n":');
  const read = async () => {
    const found: number[] = [];
    for await (const { n } of readJournal<{ n: number }>(file)) found.push(n);
    return found;
  };
  assert.equal(await read(), [1, 2]);
  const journal = await Journal.open<{ n: number }>(file);
  await Promise.all([3, 4, 5].map((n) => journal.append({ n })));
  await journal.close();
  assert.equal(await read(), [1, 2, 3, 4, 5]);
  await writeFile(file, '{"n":1}\nrubbish\n{"n":2}\n');
  try {
    await read();
    assert.unreachable();
  } catch (error) {
    assert.instance(error, DamagedFileError);
  }
});

test('a journal with lines longer than a block, in Korean', async () => {
  const file = join(dir, 'long.jsonl');
  const journal = await Journal.open<{ text: string }>(file);
  const texts = [10, 70_000, 3, 200_000].map((length) => '한'.repeat(length));
  for (const text of texts) await journal.append({ text });
  await journal.close();
  const found: string[] = [];
  for await (const { text } of readJournal<{ text: string }>(file)) found.push(text);
  assert.equal(found, texts);
});

test('a reserve takes room, is given up, and is made again', async () => {
  const folder = await mkdtemp(join(dir, 'reserve-'));
  const reserve = new Reserve(folder, 'reserve');
  await reserve.keep();
  const { size, blocks } = await stat(join(folder, 'reserve'));
  assert.ok(size > 0 && blocks * 512 >= size, 'it is no hole');
  await reserve.giveUpIfShort();
  assert.equal(await readdir(folder), ['reserve']);
  await reserve.giveUp();
  assert.equal(await readdir(folder), []);
  await reserve.keep();
  assert.is((await stat(join(folder, 'reserve'))).size, size);
  await rm(folder, { recursive: true });
});

test('one data folder, one daemon', async () => {
  const release = await lockFolder(dir);
  try {
    await lockFolder(dir);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, FolderInUseError);
  }
  await release();
  await (await lockFolder(dir))();
  // Left over by a process that is gone, or of before a power cut: taken over.
  await writeFile(join(dir, 'lock'), JSON.stringify({ pid: process.pid, started: '1', boot: 'another boot' }));
  await (await lockFolder(dir))();
  await writeFile(join(dir, 'lock'), 'torn');
  await (await lockFolder(dir))();
  assert.equal(await readdir(dir), []);
});

test.run();
