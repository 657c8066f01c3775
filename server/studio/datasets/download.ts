/** Download Dataset: a zip of the pictures with their labels in a format, made while it is sent. Neither is ever whole in memory. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { namesOf, PICTURES, sourceOf } from '../../jobs/label-files/source.ts';
import type { FormatName } from '../../labels/annotation.ts';
import { planFolders } from '../../labels/classification.ts';
import type { LabelFiles } from '../../queue/label-files.ts';
import type { LabelSet } from '../../store/label-set.ts';
import type { PictureSet } from '../../store/pictures.ts';

/** Bytes that may wait for a slow reader. */
const WAITING = 8 * 2 ** 20;

export interface Download {
  set: PictureSet;
  format: FormatName;
  /** Those that become the folders of the format that has no label files. */
  folders: LabelSet | null;
  /** Of the other formats; neither: the pictures alone. */
  labels: LabelFiles | null;
  /** Of all files in it. */
  at: Date;
}

/** Closes what it was given at its end. */
export function datasetZip(download: Download): Readable {
  const { set, folders, labels } = download;
  const zip = Readable.from(chunks(download), { objectMode: false });
  // Not where the generator ends: one of which nobody has ever read has not begun.
  return zip.once('close', () => {
    labels?.close();
    // They were only read: there is nothing to be lost.
    for (const read of [set, folders]) read?.close().catch(() => {});
  });
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
    download.labels?.close();
    await filling;
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

async function fill({ set, format, folders, labels }: Download, zip: Sender): Promise<void> {
  const names = await namesOf(set.items, format);
  if (folders !== null) {
    // One picture after another, in the order of the set.
    let i = 0;
    const kept = set.kept.map(({ n }) => names[n]!);
    for await (const { to } of planFolders(sourceOf(set, folders, names, true), kept))
      await zip.add(PICTURES[format] + to, (await set.picture(set.kept[i++]!.n)).data);
    return;
  }
  for await (const { name, content } of labels ?? []) {
    if (Buffer.isBuffer(content)) await zip.add(name, content);
    else await zip.addStream(name, content);
  }
  for (const { n } of set.kept) await zip.add(PICTURES[format] + names[n]!, (await set.picture(n)).data);
}
