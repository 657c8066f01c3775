/** Which files of an upload are labels, by the problem that they are for. */
import { StudioError } from '../../errors.ts';
import { classFolders } from '../../labels/classification.ts';
import { type Detection, detectFormat } from '../../labels/detect.ts';
import { fileAt, type LabelFile, shortened } from '../../labels/files.ts';
import { formatsOf, type LabelProblem } from '../../labels/problems.ts';
import type { IngestLimits } from '../protocol.ts';
import { PICTURE_NAME } from './content.ts';
import { shown, type Upload, type UploadEntry } from './entry.ts';
import { openUpload } from './upload.ts';

/** Within an archive of classified pictures: tables of other things lie there, too. */
const CLASS_TABLE = /(^|\/)_?(labels?|classes)\.(csv|tsv|json)$/i;
/** A file of up to so many bytes is unpacked into memory, a larger one is only read in pieces. */
const MAX_ENTRY_BYTES = 2 ** 28;

/** An entry of an archive as a label file. */
export function entryFile(upload: Upload, entry: UploadEntry): LabelFile {
  const file = shortened(entry.name);
  const asLabels = (error: unknown) => {
    const isDamaged = error instanceof StudioError && (error.code === 'picture_damaged' || error.code === 'archive_damaged');
    return isDamaged ? new StudioError('label_file_damaged', { file }, error.details) : error;
  };
  const read = async () => {
    if (entry.bytes > MAX_ENTRY_BYTES) throw new StudioError('label_file_too_large', { file, limit: MAX_ENTRY_BYTES / 2 ** 20 });
    return upload.read(entry).catch((error: unknown) => {
      throw asLabels(error);
    });
  };
  return {
    name: entry.name,
    bytes: entry.bytes,
    read,
    chunks: async function* () {
      try {
        if (entry.bytes > MAX_ENTRY_BYTES) yield* upload.stream(entry);
        else yield await read();
      } catch (error) {
        throw asLabels(error);
      }
    },
  };
}

/** The labels among the files of an upload of pictures; null where there are none. */
export async function labelsAmong(upload: Upload, problem: LabelProblem): Promise<Detection | null> {
  // Only masks are pictures and labels at once.
  const entries = problem === 'semantic_segmentation' ? upload.entries : upload.entries.filter(({ name }) => !PICTURE_NAME.test(name));
  const candidates = problem === 'classification' ? uppermost(entries.filter(({ name }) => CLASS_TABLE.test(name))) : entries;
  const found = await detect(
    candidates.map((entry) => entryFile(upload, entry)),
    problem,
  );
  const isEveryPicture = found?.format === 'masks' && found.files.filter(({ name }) => PICTURE_NAME.test(name)).length === upload.entries.length;
  return isEveryPicture ? null : found;
}

const depth = ({ name }: UploadEntry) => name.split('/').length;
function uppermost(entries: readonly UploadEntry[]): UploadEntry[] {
  return [...entries].sort((a, b) => depth(a) - depth(b)).slice(0, 1);
}

async function detect(files: readonly LabelFile[], problem: LabelProblem): Promise<Detection | null> {
  try {
    return await detectFormat(files, formatsOf(problem));
  } catch (error) {
    if (error instanceof StudioError && error.code === 'label_format_unknown') return null;
    throw error;
  }
}

/** The pictures of an archive that lie in class folders: their names say what they are. */
function ofFolders(pictures: readonly LabelFile[], problem: LabelProblem): Detection | null {
  if (problem !== 'classification' || classFolders(pictures.map(({ name }) => name)).every((folder) => folder === null)) return null;
  return { format: 'folders', files: [...pictures], others: [] };
}

export interface OpenLabels {
  found: Detection;
  close(): Promise<void>;
}

/** Opens a label file, or an archive of label files, that was uploaded by itself. Throws label_format_unknown and what openUpload throws of an archive. */
export async function openLabels(path: string, name: string, bytes: number, problem: LabelProblem, limits: IngestLimits): Promise<OpenLabels> {
  let upload: Upload | null = null;
  try {
    upload = await openUpload(path, name, limits);
  } catch (error) {
    // Not an archive and not a picture: it is a label file itself.
    if (!(error instanceof StudioError) || error.code !== 'upload_not_recognised') throw error;
  }
  const close = async () => upload?.close();
  try {
    const files = upload === null ? [fileAt(shown(name) || 'labels', path, bytes)] : upload.entries.map((entry) => entryFile(upload, entry));
    const isPicture = ({ name }: LabelFile) => problem !== 'semantic_segmentation' && PICTURE_NAME.test(name);
    const inFiles = await detect(
      files.filter((file) => !isPicture(file)),
      problem,
    );
    const found = inFiles ?? ofFolders(files.filter(isPicture), problem);
    if (found === null) throw new StudioError('label_format_unknown');
    return { found, close };
  } catch (error) {
    await close();
    throw error;
  }
}
