/** Download Dataset: a zip of the pictures with their labels in a format, made while it is sent. Neither is ever whole in memory. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { FormatName, LabelSource, PictureLabels } from '../../labels/annotation.ts';
import { planFolders } from '../../labels/classification.ts';
import { safePath, WrittenNames, withoutExtension } from '../../labels/files.ts';
import { FORMATS, type LabelProblem } from '../../labels/formats.ts';
import { Turns } from '../../labels/turns.ts';
import type { LabelSet } from '../../store/label-set.ts';
import type { PictureItem, PictureSet } from '../../store/pictures.ts';

/** Where each format wants the pictures. Class folders need one above them, or a single class would be taken for the folder that all have in common. */
const PICTURES: { readonly [format in FormatName]: string } = {
  coco: 'images/',
  yolo: 'images/',
  voc: 'JPEGImages/',
  labelme: '',
  masks: 'JPEGImages/',
  csv: '',
  json: '',
  folders: 'pictures/',
};
/** Such a folder of an earlier download is not put into another one. */
const CUSTOMARY = new Set(['images/', 'JPEGImages/', 'pictures/']);
const EXTENSIONS = { 'image/jpeg': ['.jpg', '.jpeg'], 'image/png': ['.png'], 'image/webp': ['.webp'] } as const;
/** Bytes that may wait for a slow reader. */
const WAITING = 8 * 2 ** 20;

export interface Download {
  set: PictureSet;
  /** null: the pictures alone. */
  labels: LabelSet | null;
  format: FormatName;
  problem: LabelProblem;
  /** Of all files in it. */
  at: Date;
}

/** Closes the sets at its end. */
export function datasetZip(download: Download): Readable {
  return Readable.from(chunks(download), { objectMode: false });
}

async function* chunks(download: Download): AsyncGenerator<Buffer> {
  const zip = new Sender(download.at);
  const filling = fill(download, zip).then(
    () => zip.end(),
    (error: unknown) => zip.fail(error),
  );
  try {
    yield* zip.chunks();
  } finally {
    zip.stop();
    await filling;
    await Promise.all([download.set.close(), download.labels?.close()]);
  }
}

/** The zip, filled no faster than it is read. */
class Sender {
  readonly #zip = new ZipFile();
  readonly #mtime: Date;
  #added = 0;
  #sent = 0;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(mtime: Date) {
    this.#mtime = mtime;
  }

  async *chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of this.#zip.outputStream as AsyncIterable<Buffer>) {
      this.#sent += chunk.length;
      this.#wake();
      yield chunk;
    }
  }

  /** Stored as it is: pictures and masks are compressed in themselves. */
  async add(name: string, content: Buffer): Promise<void> {
    this.#check();
    this.#zip.addBuffer(content, name, { mtime: this.#mtime, compress: false });
    this.#added += content.length;
    // Headers count as sent, so this waits a little less than it could.
    while (this.#added - this.#sent > WAITING && !this.#stopped) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  async addStream(name: string, content: AsyncIterable<Buffer>): Promise<void> {
    this.#check();
    const stream = Readable.from(content, { objectMode: false });
    this.#zip.addReadStreamLazy(name, { mtime: this.#mtime, compress: true }, (done) => done(null, stream));
    const stopped = new Promise<void>((resolve) => (this.#wake = () => this.#stopped && resolve()));
    await Promise.race([once(stream, 'end'), stopped]);
    if (this.#stopped) stream.destroy();
    this.#added = this.#sent;
  }

  end(): void {
    if (!this.#stopped) this.#zip.end();
  }

  fail(error: unknown): void {
    (this.#zip.outputStream as unknown as Readable).destroy(this.#stopped ? undefined : (error as Error));
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  #check(): void {
    if (this.#stopped) throw new Error('nobody reads it any more');
  }
}

async function fill({ set, labels, format, problem }: Download, zip: Sender): Promise<void> {
  const names = await namesOf(set.items, PICTURES[format]);
  if (labels !== null && format === 'folders') {
    // One picture after another, in the order of the set.
    let i = 0;
    const kept = set.kept.map(({ n }) => names[n]!);
    for await (const { to } of planFolders(sourceOf(set, labels, names, true), kept))
      await zip.add(PICTURES.folders + to, (await set.picture(set.kept[i++]!.n)).data);
    return;
  }
  const { write } = FORMATS[format];
  if (labels !== null && write !== null) {
    for await (const { name, content } of write(sourceOf(set, labels, names, false), problem)) {
      if (Buffer.isBuffer(content)) await zip.add(name, content);
      else await zip.addStream(name, content);
    }
  }
  for (const { n } of set.kept) await zip.add(PICTURES[format] + names[n]!, (await set.picture(n)).data);
}

/** A safe name for each picture with the ending of what it is, no two alike but for their ending. */
async function namesOf(items: readonly PictureItem[], folder: string): Promise<string[]> {
  const turns = new Turns();
  const taken = new WrittenNames();
  const top = items[0]!.name.slice(0, items[0]!.name.indexOf('/') + 1);
  const doubled = folder !== '' && CUSTOMARY.has(top) && items.every(({ name }) => name.startsWith(top)) ? top.length : 0;
  const names: string[] = [];
  for (const { name, mime } of items) {
    await turns.pass();
    const path = safePath(name.slice(doubled));
    const stem = withoutExtension(path);
    const ending = path.slice(stem.length);
    const fitting = (EXTENSIONS[mime] as readonly string[]).includes(ending.toLowerCase());
    names.push(taken.unique(stem, '') + (fitting ? ending : EXTENSIONS[mime][0]));
  }
  return names;
}

/** `all`: those without labels, too, as if nothing were shown on them. */
function sourceOf(set: PictureSet, labels: LabelSet, names: readonly string[], all: boolean): LabelSource {
  const { background, extra } = labels.head;
  return {
    classes: [...labels.classes],
    ...(background === undefined ? {} : { background }),
    ...(extra === undefined ? {} : { extra }),
    pictures: pictures(set, labels, names, all),
  };
}

async function* pictures(set: PictureSet, labels: LabelSet, names: readonly string[], all: boolean): AsyncGenerator<PictureLabels> {
  for (const { n, width, height } of set.kept) {
    if (!all && !labels.has(n)) continue;
    const label = labels.labelOf(n);
    const { shapes = [], extra } = (await labels.picture(n)) ?? {};
    yield {
      name: names[n]!,
      width,
      height,
      shapes: label === null ? shapes : [{ kind: 'whole', label }],
      ...(extra === undefined ? {} : { extra }),
    };
    // Without shapes to read nothing else lets others have their turn.
    if (n % 256 === 255) await new Promise((resolve) => setImmediate(resolve));
  }
}
