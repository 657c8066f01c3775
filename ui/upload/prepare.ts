/** Looks at what was chosen before anything is sent: what it is, how much, which class folders, and what is wrong with it in plain words. */
import type { ChosenFile } from '../components/drop.ts';
import type { Said } from '../i18n/language.ts';
import { composeTar } from './tar.ts';

export const PICTURE_TYPES = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.bmp', '.gif'];
export const ARCHIVE_TYPES = ['.zip', '.tar'];
export const ACCEPT = [...ARCHIVE_TYPES, ...PICTURE_TYPES].join(',');
const LABEL_TYPES = ['.csv', '.tsv', '.txt', '.json', '.xml', '.yaml', '.yml', '.names'];
/** What names the class of many pictures. Other tables and notes lie among pictures, too, and must not take the place of their class folders. */
const CLASS_TABLES = ['.csv', '.tsv', '.json'];
const TELLING = /(^|\/)_?(labels?|classes|annotations?)\.[^./]+$/i;
const MIB = 1024 * 1024;
/** What can be given as labels by itself: a file, a mask, an archive of either. */
export const LABEL_ACCEPT = [...LABEL_TYPES, '.png', ...ARCHIVE_TYPES].join(',');
/** What a computer adds by itself and nobody means to upload. */
const CLUTTER = /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini|__MACOSX\/.*)$/i;

export interface Selection {
  kind: 'archive' | 'pictures';
  files: ChosenFile[];
  bytes: number;
  /** Folders that the pictures lie in, with their number; empty for an archive and for pictures without folders. */
  folders: { name: string; count: number }[];
  /** Files that are neither pictures nor label files and stay behind. */
  left: number;
  /** A label file that lay among the pictures; several (`labelFiles`, not in a classification) go with them as they lie. */
  labels: ChosenFile | null;
  labelFiles: ChosenFile[];
  /** A name for the dataset, made of the archive's or the folder's. */
  name: string;
}

export function extension(name: string): string {
  return /\.[^./\\]+$/.exec(name.toLowerCase())?.[0] ?? '';
}

function isPicture(file: ChosenFile): boolean {
  return PICTURE_TYPES.includes(extension(file.path));
}

/**
 * The classes that the folders will make, by the same rule as the daemon's: the last folder names the class, a folder that all have in common is
 * what was dropped, and pictures that lie flat have no labels.
 */
function classesByFolder(paths: string[]): { name: string; count: number }[] {
  const folders = paths.map((path) => path.split('/').slice(0, -1));
  const top = folders[0]?.[0];
  const together = top !== undefined && folders.every((path) => path[0] === top);
  const below = together ? folders.map((path) => path.slice(1)) : folders;
  const counts = new Map<string, number>();
  for (const path of below) {
    const name = path.at(-1);
    if (name === undefined) return [];
    if (name === 'unlabelled') continue;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ name, count })).sort((x, y) => (x.name < y.name ? -1 : 1));
}

function topFolder(paths: string[]): string {
  const top = paths[0]?.split('/').slice(0, -1)[0] ?? '';
  return top && paths.every((path) => path.startsWith(`${top}/`)) ? top : '';
}

function named(text: string): string {
  return (
    text
      .replace(/\.(tar|zip)$/i, '')
      .normalize('NFC')
      .trim()
      .slice(0, 100) || ''
  );
}

const depth = ({ path }: ChosenFile) => path.split('/').length;

/** The label files of those that were found. `classified`: one at most; by its name, or the only table where neither folders nor pictures come with it. */
function labelsOf(found: ChosenFile[], classified: boolean, alone: boolean): ChosenFile[] {
  if (!classified) return found;
  const tables = found.filter((one) => CLASS_TABLES.includes(extension(one.path))).sort((a, b) => depth(a) - depth(b));
  const telling = tables.filter((one) => TELLING.test(one.path));
  return telling.length || !alone || tables.length > 1 ? telling.slice(0, 1) : tables;
}

/** What of these files becomes the upload, together with what was chosen `before`. `classified`: their labels are one class a picture. */
export function select(chosen: ChosenFile[], before: Selection | null, classified: boolean): Selection | Said {
  const real = chosen.filter((one) => !CLUTTER.test(one.path));
  const first = real[0];
  if (!first) return { key: 'upload.nothing' };
  const archives = real.filter((one) => ARCHIVE_TYPES.includes(extension(one.path)));
  if (archives.length > 1) return { key: 'upload.oneArchive', params: { n: archives.length } };
  if (archives.length === 1 && real.length === 1) {
    if (first.file.size === 0) return { key: 'upload.empty', params: { name: first.file.name } };
    return { kind: 'archive', files: real, bytes: first.file.size, folders: [], left: 0, labels: null, labelFiles: [], name: named(first.file.name) };
  }
  if (archives.length) return { key: 'upload.mixed' };
  // Pictures chosen in several goes come together; the same path again replaces the earlier one.
  const byPath = new Map<string, ChosenFile>();
  for (const one of before?.kind === 'pictures' ? before.files : []) byPath.set(one.path, one);
  const pictures = real.filter(isPicture);
  for (const one of pictures) byPath.set(one.path.normalize('NFC'), { ...one, path: one.path.normalize('NFC') });
  const folders = classesByFolder([...byPath.keys()]);
  const found = labelsOf(
    real.filter((one) => LABEL_TYPES.includes(extension(one.path)) && one.file.size > 0),
    classified,
    !pictures.length || !folders.length,
  );
  const earlier = before?.kind === 'pictures' ? [...before.labelFiles, ...(before.labels ? [before.labels] : [])] : [];
  const known = [...new Map([...earlier, ...found].map((one) => [one.path, one])).values()];
  const all = classified ? known.slice(-1) : known;
  const labels = all.length === 1 ? (all[0] ?? null) : null;
  const labelFiles = all.length > 1 ? all : [];
  if (!pictures.length) {
    if (all.length && byPath.size) return { ...(before as Selection), labels, labelFiles };
    return { key: 'upload.wrongKind', params: { name: first.file.name } };
  }
  const order = new Intl.Collator('en', { numeric: true });
  const files = [...byPath.values()].sort((a, b) => order.compare(a.path, b.path));
  const full = files.filter((one) => one.file.size > 0);
  if (!full.length) return { key: 'upload.allEmpty', params: { n: files.length } };
  const paths = files.map((one) => one.path);
  const left = real.length - pictures.length - found.length;
  return {
    kind: 'pictures',
    files,
    bytes: files.reduce((sum, one) => sum + one.file.size, 0),
    folders,
    left: left + (before?.kind === 'pictures' ? before.left : 0),
    labels,
    labelFiles,
    name: named(topFolder(paths)) || before?.name || '',
  };
}

export function isWrong(result: Selection | Said): result is Said {
  return 'key' in result;
}

/** MiB, as the daemon reads them: JSON in pieces, archives file by file. */
function sizeLimit(type: string): number {
  if (ARCHIVE_TYPES.includes(type)) return Number.POSITIVE_INFINITY;
  return type === '.json' ? 1024 : 64;
}

export function checkLabels(file: File): Said | null {
  if (!LABEL_ACCEPT.split(',').includes(extension(file.name))) return { key: 'upload.labelsKind', params: { name: file.name } };
  if (file.size === 0) return { key: 'upload.empty', params: { name: file.name } };
  const limit = sizeLimit(extension(file.name));
  return file.size > limit * MIB ? { key: 'upload.labelsSize', params: { name: file.name, limit } } : null;
}

/** The one thing that is sent, its name, and by what it is known again (see send()). A lone picture and an archive go as they are. */
export function packed(selection: Selection): { body: Blob; name: string; mark: string } {
  const only = selection.files[0];
  const files = [...selection.files, ...selection.labelFiles];
  if (only && files.length === 1) return packedFile(only.file);
  return {
    body: composeTar(files.map((one) => ({ path: one.path, body: one.file, modified: one.file.lastModified }))),
    name: `${selection.name || 'pictures'}.tar`,
    mark: fingerprint(files),
  };
}

/** A single file, as it is. */
export function packedFile(file: File): { body: Blob; name: string; mark: string } {
  return { body: file, name: file.name, mark: fingerprint([{ file, path: file.name }]) };
}

/** The same for the same files with the same paths, sizes and times. A checksum of what is known without reading them: crypto.subtle needs HTTPS. */
export function fingerprint(files: readonly ChosenFile[]): string {
  let [high, low] = [0x9dc5811c, 0x811c9dc5];
  let bytes = 0;
  for (const { path, file } of files) {
    bytes += file.size;
    const text = `${path}\n${file.size}\n${file.lastModified}\n`;
    for (let i = 0; i < text.length; i++) {
      low = Math.imul(low ^ text.charCodeAt(i), 0x01000193);
      high = Math.imul(high ^ low, 0x5bd1e995) ^ (low >>> 13);
    }
  }
  return [files.length, bytes, high >>> 0, low >>> 0].map((part) => part.toString(36)).join('-');
}
