/** Finding the picture that a label file means. Names are compared, never opened, so ../ and drives in them do no harm. */
import { withoutExtension } from './files.ts';

export interface KnownPicture {
  /** As the dataset names it (path within its upload). */
  name: string;
  /** Upright size in the pixels that labels are to be in. */
  width: number;
  height: number;
  /** Upright size of the file that was uploaded, where the picture was made smaller: what a label file means that states no size. */
  original?: { width: number; height: number };
  /** It was uploaded but could not be used: its labels are passed over without a word. */
  unusable?: true;
}

/** Folders deeper than this do not help to tell pictures apart. */
const MAX_DEPTH = 8;

/** Folders that say what lies in them and not of which lot or line it is. */
const CUSTOMARY =
  /^(images?|imgs?|pictures?|photos?|jpegimages|annotations?|labels?|label_?ids|xmls?|jsons?|txts?|masks?|segmentation(class|object)\w*|gt\w*|ground_?truth|train\w*|val\w*|test\w*|data|dataset|obj_train_data)$/i;

/** One spelling for a path: composed characters (macOS zips decompose Hangul), /, and .. taken away together with what it leaves. */
export function normalisedPath(name: string): string {
  const segments: string[] = [];
  for (const segment of name.normalize('NFC').replaceAll('\\', '/').split('/')) {
    if (segment === '' || segment === '.' || /^[a-zA-Z]:$/.test(segment)) continue;
    if (segment === '..') segments.pop();
    else segments.push(segment);
  }
  return segments.join('/');
}

/**
 * Looks pictures up by the names of label files: first the very name; then, whatever the case and the extension, the most trailing folders that both have
 * (labels/train/a.txt means images/train/a.jpg, and a.xml alone means the only a there is).
 */
export class PictureIndex {
  readonly pictures: readonly KnownPicture[];
  readonly #exact = new Map<string, number>();
  /** By the last 1, 2, … segments without extension, in lower case; made when first needed. */
  readonly #bySuffix: Map<string, number | number[]>[] = [];

  constructor(pictures: readonly KnownPicture[]) {
    this.pictures = pictures;
    for (const [i, { name }] of pictures.entries()) {
      const path = normalisedPath(name);
      if (!this.#exact.has(path)) this.#exact.set(path, i);
    }
  }

  /** Index of the picture, or why there is none. */
  find(name: string): number | 'missing' | 'ambiguous' {
    const path = normalisedPath(name);
    const exact = this.#exact.get(path);
    if (exact !== undefined) return exact;
    const segments = withoutExtension(path).toLowerCase().split('/');
    let several: number[] | null = null;
    for (let depth = 1; depth <= Math.min(segments.length, MAX_DEPTH); depth += 1) {
      const found = this.#suffixes(depth).get(segments.slice(-depth).join('/'));
      if (found === undefined) break;
      if (typeof found === 'number') return found;
      several = found;
    }
    if (several === null) return 'missing';
    // The same name with several extensions.
    const file = path.toLowerCase().split('/').at(-1)!;
    const same = several.filter((i) => normalisedPath(this.pictures[i]!.name).toLowerCase().split('/').at(-1) === file);
    return same.length === 1 ? same[0]! : 'ambiguous';
  }

  /** Is the picture that find() gives only of the same file name, in another folder than the label file says? */
  isElsewhere(name: string, found: number): boolean {
    const [said, is] = [name, this.pictures[found]!.name].map((path) => normalisedPath(path).split('/').at(-2)?.toLowerCase());
    return said !== undefined && is !== undefined && said !== is && !CUSTOMARY.test(said) && !CUSTOMARY.test(is);
  }

  #suffixes(depth: number): Map<string, number | number[]> {
    let map = this.#bySuffix[depth];
    if (map !== undefined) return map;
    map = new Map();
    for (const [i, { name }] of this.pictures.entries()) {
      const segments = withoutExtension(normalisedPath(name)).toLowerCase().split('/');
      if (segments.length < depth) continue;
      const suffix = segments.slice(-depth).join('/');
      const other = map.get(suffix);
      if (other === undefined) map.set(suffix, i);
      else if (typeof other === 'number') map.set(suffix, [other, i]);
      else other.push(i);
    }
    this.#bySuffix[depth] = map;
    return map;
  }
}
