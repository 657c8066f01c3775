import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openLabels } from './label-files.ts';

const MIB = 2 ** 20;
const LIMITS = { maxFiles: 50, maxUnpackedBytes: 500 * MIB, maxFileBytes: 20 * MIB, maxPixels: 4_000_000, maxSide: 800 };

test('a label file in an archive that is too large for the memory is read in pieces', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ai-studio-label-files-'));
  try {
    const path = join(dir, 'labels.tar');
    const pack = tar.pack();
    const written = pipeline(pack, createWriteStream(path));
    const head = Buffer.from('{"images":[],"categories":[],"annotations":[]');
    const size = 257 * MIB;
    const entry = pack.entry({ name: 'instances.json', size });
    const spaces = Buffer.alloc(MIB, ' ');
    const write = (data: Buffer) => new Promise<void>((done) => (entry.write(data) ? done() : entry.once('drain', done)));
    await write(head);
    for (let i = 0; i < 256; i++) await write(spaces);
    await write(spaces.subarray(head.length + 1));
    entry.end('}');
    pack.finalize();
    await written;
    const { found, close } = await openLabels(path, 'labels.tar', statSync(path).size, 'detection', LIMITS);
    try {
      assert.equal([found.format, found.files.length, found.files[0]!.bytes], ['coco', 1, size]);
      let bytes = 0;
      let most = 0;
      for await (const chunk of found.files[0]!.chunks()) {
        bytes += chunk.length;
        most = Math.max(most, chunk.length);
      }
      assert.is(bytes, size);
      assert.ok(most <= MIB, `${most} bytes at once`);
      const whole = await found.files[0]!.read().then(
        () => 'read',
        (error: { code: string }) => error.code,
      );
      assert.is(whole, 'label_file_too_large');
    } finally {
      await close();
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test.run();
