/** For store.test.ts: writes records and journal lines as fast as it can and says on stdout what has been acknowledged, until it is killed. */
import { join } from 'node:path';
import { Collection } from './collection.ts';
import { Journal } from './journal.ts';

export interface Item {
  id: number;
  value: number;
  padding: string;
}

const dir = process.argv[2] ?? '.';
const items = await Collection.open<Item>(dir, 'items');
const journal = await Journal.open<{ line: number }>(join(dir, 'lines.jsonl'));
const say = (text: string) => process.stdout.write(`${text}\n`);
let value = Date.now();

async function writeRecords(): Promise<void> {
  for (;;) {
    const id = await items.nextId();
    await items.put({ id, value: 0, padding: 'x'.repeat(id % 5000) });
    say(`put ${id} 0`);
    for (let i = 0; i < 3; i++) {
      value += 1;
      const now = value;
      await items.update(id, (before) => ({ ...before, value: now }));
      say(`put ${id} ${now}`);
    }
    if (id % 4 === 0) {
      await items.delete(id);
      say(`deleted ${id}`);
    }
  }
}

async function writeLines(): Promise<void> {
  for (let line = Date.now(); ; line++) {
    await journal.append({ line });
    say(`line ${line}`);
  }
}

say('ready');
await Promise.all([writeRecords(), writeRecords(), writeLines()]);
