import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../../errors.ts';
import { BITMAP_KINDS, bitmap, bitmapPixels } from './bitmaps.fixture.ts';
import { decodeBmp } from './bmp.ts';

function refused(file: Buffer, maxPixels = 100): string {
  try {
    decodeBmp(file, maxPixels);
  } catch (error) {
    if (error instanceof StudioError) return error.code;
    throw error;
  }
  return 'accepted';
}

test('every kind of bitmap', () => {
  for (const kind of BITMAP_KINDS) {
    const { data, width, height } = decodeBmp(bitmap(kind), 100);
    assert.equal([width, height], [4, 2]);
    assert.equal([...data], bitmapPixels(kind), kind);
  }
});

test('bitmaps that are cut or lie', () => {
  for (const kind of BITMAP_KINDS) {
    const whole = bitmap(kind);
    // Run lengths that end with their last pixel are whole without the mark of the end.
    const least = kind.startsWith('rle') ? 3 : 1;
    for (let cut = least; cut <= whole.length; cut++) assert.is(refused(whole.subarray(0, whole.length - cut)), 'picture_damaged', `${kind} without ${cut}`);
    assert.is(refused(whole, 7), 'picture_too_many_pixels');
  }
  const changed = (kind: (typeof BITMAP_KINDS)[number], at: number, value: number) => {
    const file = bitmap(kind);
    file.writeInt32LE(value, at);
    return refused(file);
  };
  assert.is(changed('24', 18, -4), 'picture_damaged');
  assert.is(changed('24', 22, 0), 'picture_damaged');
  assert.is(changed('24', 22, -(2 ** 31)), 'picture_too_many_pixels');
  assert.is(changed('24', 30, 4), 'picture_unsupported', 'JPEG within');
  assert.is(changed('8', 30, 2), 'picture_unsupported', 'run lengths of four bits');
  assert.is(changed('fields32', 54, 0), 'picture_damaged');
  assert.is(changed('8', 74, 0x05050505), 'picture_damaged', 'a colour that the palette has not');
});

test.run();
