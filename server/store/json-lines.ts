/** Files of one JSON value a line, as this program writes them. */
import { createReadStream } from 'node:fs';
import { DamagedFileError } from './durable.ts';

/** A quarter of a MiB takes a few milliseconds to parse: the event loop turns between two slices, so the daemon may read a long file. */
const SLICE = 256 * 1024;

/** The values, some thousand at a time, in order. Throws what the disk throws, and DamagedFileError. */
export async function* jsonLines<T>(file: string): AsyncGenerator<T[]> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: SLICE })) {
    const text = rest + (chunk as string);
    const end = text.lastIndexOf('\n');
    rest = text.slice(end + 1);
    if (end > 0) yield parsed<T>(text.slice(0, end).replaceAll('\n', ','), file);
  }
  if (rest !== '') yield parsed<T>(rest, file);
}

function parsed<T>(values: string, file: string): T[] {
  try {
    return JSON.parse(`[${values}]`) as T[];
  } catch (error) {
    throw new DamagedFileError(file, (error as Error).message);
  }
}
