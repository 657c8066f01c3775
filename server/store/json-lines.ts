/** Files of one JSON value a line, as this program writes them. */
import { createReadStream } from 'node:fs';

/** A quarter of a MiB takes a few milliseconds to parse: the event loop turns between two slices, so the daemon may read a long file. */
const SLICE = 256 * 1024;

/** The values, some thousand at a time, in order. Throws what the disk throws, and SyntaxError. */
export async function* jsonLines<T>(file: string): AsyncGenerator<T[]> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: SLICE })) {
    const text = rest + (chunk as string);
    const end = text.lastIndexOf('\n');
    rest = text.slice(end + 1);
    if (end > 0) yield JSON.parse(`[${text.slice(0, end).replaceAll('\n', ',')}]`) as T[];
  }
  if (rest !== '') yield [JSON.parse(rest) as T];
}
