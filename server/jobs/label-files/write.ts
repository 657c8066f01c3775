/** Writes the label files of a download, in batches of pieces that take the daemon no time to pass on. */
import type { WrittenFile } from '../../labels/files.ts';
import { FORMATS } from '../../labels/formats.ts';
import { LabelSet } from '../../store/label-set.ts';
import { PictureSet } from '../../store/pictures.ts';
import type { LabelFilesOrder, Piece } from './protocol.ts';
import { namesOf, sourceOf } from './source.ts';

/** Bytes of a piece at most: the daemon reckons its checksum in a few milliseconds. */
const PIECE = 2 ** 21;
/** A batch is sent when it is so large, in bytes or files, or so old, ms. */
const BATCH = { bytes: 2 ** 18, files: 512, ms: 300 };

/** Opens the sets; the batches are made when they are asked for. Throws where a folder is no such set. */
export async function openLabelFiles(order: LabelFilesOrder): Promise<AsyncGenerator<Piece[]>> {
  const set = await PictureSet.open(order.dataset);
  return batches(pieces(order, set, await LabelSet.open(order.labels)));
}

async function* pieces({ format, problem }: LabelFilesOrder, set: PictureSet, labels: LabelSet): AsyncGenerator<Piece> {
  const { write } = FORMATS[format];
  if (write === null) return;
  for await (const file of write(sourceOf(set, labels, await namesOf(set.items, format), false), problem)) yield* piecesOf(file);
}

async function* piecesOf({ name, content }: WrittenFile): AsyncGenerator<Piece> {
  let last: Uint8Array = Buffer.alloc(0);
  let several = false;
  for await (const chunk of Buffer.isBuffer(content) ? slices(content) : content) {
    if (several) yield { name, content: last, more: true };
    several = true;
    last = chunk;
  }
  yield { name, content: last, more: false };
}

function* slices(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += PIECE) yield content.subarray(at, at + PIECE);
}

async function* batches(all: AsyncIterable<Piece>): AsyncGenerator<Piece[]> {
  let batch: Piece[] = [];
  let bytes = 0;
  let since = performance.now();
  for await (const piece of all) {
    batch.push(piece);
    bytes += piece.content.length;
    if (bytes < BATCH.bytes && batch.length < BATCH.files && performance.now() - since < BATCH.ms) continue;
    yield batch;
    batch = [];
    bytes = 0;
    since = performance.now();
  }
  if (batch.length > 0) yield batch;
}
