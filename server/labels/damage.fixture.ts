/** Files that were damaged, the same for the same seed. */
import type { Random } from './random.fixture.ts';

const PIECES = [
  '0',
  '-1',
  '1e999',
  'NaN',
  'null',
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '<',
  '>',
  '&',
  '\\',
  '\n',
  '\0',
  '1e308',
  '-9999999999',
  '../',
  '\ufeff',
  '\u00ff',
  'é',
  '[[[[',
  '0.0000001',
  '  ',
];

/** A copy that is cut, changed, shortened, repeated or mixed with other things, in one to four places. */
export function damaged(data: Buffer, r: Random): Buffer {
  let out = Buffer.from(data);
  for (let times = r.int(1, 4); times > 0; times -= 1) {
    const at = r.int(0, out.length);
    const length = r.int(0, 6);
    switch (r.int(0, 5)) {
      case 0:
        out = out.subarray(0, at);
        break;
      case 1:
        if (at < out.length) out[at] = r.int(0, 255);
        break;
      case 2:
        out = Buffer.concat([out.subarray(0, at), out.subarray(Math.min(out.length, at + length))]);
        break;
      case 3:
        out = Buffer.concat([out.subarray(0, at), Buffer.from(PIECES[r.int(0, PIECES.length - 1)]!), out.subarray(at)]);
        break;
      case 4: {
        // A number becomes something else.
        const text = out.toString('latin1');
        const numbers = [...text.matchAll(/\d+(\.\d+)?/g)];
        const found = numbers[r.int(0, Math.max(0, numbers.length - 1))];
        if (found !== undefined)
          out = Buffer.from(text.slice(0, found.index) + PIECES[r.int(0, PIECES.length - 1)] + text.slice(found.index + found[0].length), 'latin1');
        break;
      }
      default:
        out = Buffer.concat([out.subarray(0, at), out.subarray(Math.max(0, at - 20))]);
    }
  }
  return out;
}
