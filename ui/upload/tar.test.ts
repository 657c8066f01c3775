import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { composeTar, header, paxRecord } from './tar.ts';

const text = new TextDecoder();

interface Entry {
  name: string;
  body: string;
}

/** Reads an archive back the way the standard says, independent of how it was written. */
async function read(archive: Blob): Promise<Entry[]> {
  const bytes = new Uint8Array(await archive.arrayBuffer());
  assert.is(bytes.length % 512, 0, 'whole blocks');
  const entries: Entry[] = [];
  let pax: Record<string, string> = {};
  for (let at = 0; bytes[at]; ) {
    const block = bytes.slice(at, at + 512);
    const string = (from: number, length: number) => text.decode(block.slice(from, from + length)).replace(/\0.*$/s, '');
    const sum = Number.parseInt(string(148, 6), 8);
    assert.is(
      block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0),
      sum,
      'checksum',
    );
    assert.is(string(257, 8).slice(0, 5), 'ustar');
    const size = Number(pax.size ?? Number.parseInt(string(124, 11), 8));
    const body = text.decode(bytes.slice(at + 512, at + 512 + size));
    if (string(156, 1) === 'x') {
      pax = {};
      let rest = utf8(body);
      while (rest.length) {
        const length = Number.parseInt(text.decode(rest), 10);
        const [, key, value] = /^\d+ ([^=]+)=(.*)\n$/s.exec(text.decode(rest.slice(0, length))) ?? [];
        assert.ok(key && value, 'a record ends where its length says');
        pax[key] = value;
        rest = rest.slice(length);
      }
    } else {
      entries.push({ name: pax.path ?? string(0, 100), body });
      pax = {};
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  assert.equal([...bytes.slice(-1024)].filter(Boolean), [], 'two empty blocks at the end');
  return entries;
}

function utf8(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

test('files come back with their names and bytes', async () => {
  const long = `${'folder/'.repeat(20)}picture.png`;
  const files = [
    { path: 'scratch/0001.png', body: 'one' },
    { path: '흠집/사진 1.jpg', body: '둘' },
    { path: long, body: 'x'.repeat(1500) },
    { path: 'empty.txt', body: '' },
    { path: 'exact.bin', body: 'y'.repeat(512) },
  ];
  const archive = composeTar(files.map((file) => ({ path: file.path, body: new Blob([file.body]), modified: 1_700_000_000_000 })));
  assert.equal(
    await read(archive),
    files.map(({ path, body }) => ({ name: path, body })),
  );
});

test('a pax record counts its own length, also where that makes it longer', () => {
  for (let n = 1; n < 120; n++) {
    const record = paxRecord('path', 'a'.repeat(n));
    assert.is(Number.parseInt(text.decode(record), 10), record.length);
  }
  const korean = paxRecord('path', '사진'.repeat(40));
  assert.is(Number.parseInt(text.decode(korean), 10), korean.length);
});

test('the header holds octal numbers that end with a zero byte', () => {
  const block = header('a.png', 0o1234, '0', 1_000_000);
  assert.is(text.decode(block.slice(124, 136)), '00000001234\0');
  assert.is(text.decode(block.slice(136, 148)), `${(1000).toString(8).padStart(11, '0')}\0`);
  assert.is(text.decode(block.slice(257, 265)), 'ustar\x0000');
});

test.run();
