/** The labels of a dataset as the formats' writers want them, under the names that its pictures have in a download. */
import type { FormatName, LabelSource, PictureLabels } from '../../labels/annotation.ts';
import { safePath, WrittenNames, withoutExtension } from '../../labels/files.ts';
import { Turns } from '../../labels/turns.ts';
import type { LabelSet } from '../../store/label-set.ts';
import type { PictureItem, PictureSet } from '../../store/pictures.ts';

/** Where each format wants the pictures. Class folders need one above them, or a single class would be taken for the folder that all have in common. */
export const PICTURES: { readonly [format in FormatName]: string } = {
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

/** A safe name for each picture with the ending of what it is, no two alike but for their ending. Always the same for the same pictures. */
export async function namesOf(items: readonly PictureItem[], format: FormatName): Promise<string[]> {
  const turns = new Turns();
  const taken = new WrittenNames();
  const top = items[0]!.name.slice(0, items[0]!.name.indexOf('/') + 1);
  const doubled = PICTURES[format] !== '' && CUSTOMARY.has(top) && items.every(({ name }) => name.startsWith(top)) ? top.length : 0;
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
export function sourceOf(set: PictureSet, labels: LabelSet, names: readonly string[], all: boolean): LabelSource {
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
