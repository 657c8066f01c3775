import sharp from 'sharp';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { random } from '../../labels/random.fixture.ts';
import { jpegHead } from './jpeg.ts';

const picture = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#a63' } });

test('the head says what the library says', async () => {
  const files = [
    picture(50, 20).jpeg(),
    picture(7, 900).jpeg({ progressive: true, quality: 3 }),
    picture(30, 30).toColourspace('b-w').jpeg(),
    picture(30, 30).toColourspace('cmyk').jpeg({ chromaSubsampling: '4:4:4' }),
    picture(30, 31)
      .withMetadata({ exif: { IFD0: { Copyright: 'somebody', ImageDescription: 'x'.repeat(3000) } } })
      .jpeg(),
    ...Array.from({ length: 8 }, (_, i) =>
      picture(40, 10)
        .withMetadata({ orientation: i + 1 })
        .jpeg({ mozjpeg: i % 2 === 0 }),
    ),
  ];
  for (const file of files) {
    const bytes = await file.toBuffer();
    const { width, height, orientation = 1 } = await sharp(bytes).metadata();
    assert.equal(jpegHead(bytes), { width, height, orientation, bits: 8 });
  }
});

test('a head that is cut or changed is not believed more than it says', async () => {
  const whole = await picture(40, 10).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const scan = whole.indexOf(Buffer.from([0xff, 0xda]));
  for (let bytes = 0; bytes < scan; bytes++) assert.is(jpegHead(whole.subarray(0, bytes)), null);
  const r = random(3);
  for (let round = 0; round < 2000; round++) {
    const changed = Buffer.from(whole);
    for (let i = r.int(1, 4); i > 0; i--) changed[r.int(2, scan)] = r.int(0, 255);
    const head = jpegHead(changed);
    assert.ok(head === null || (head.orientation >= 1 && head.orientation <= 8));
  }
});

test.run();
