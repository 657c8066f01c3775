/** All formats by name: how each is read, and how it is written with its defaults. */
import type { FormatName, LabelSource } from './annotation.ts';
import { readCsv, readFolders, readJson, writeCsv, writeJson } from './classification.ts';
import { readCoco, writeCoco } from './coco.ts';
import { type Detection, detectFormat } from './detect.ts';
import type { LabelFile, WrittenFile } from './files.ts';
import type { ReadContext, ReadResult } from './intake.ts';
import { readLabelme, writeLabelme } from './labelme.ts';
import { readMasks, writeMasks } from './masks.ts';
import type { LabelProblem } from './problems.ts';
import { LISTED, type Losses } from './report.ts';
import { readVoc, writeVoc } from './voc.ts';
import { readYolo, writeYolo } from './yolo.ts';

interface Format {
  read(files: readonly LabelFile[], context: ReadContext): Promise<ReadResult>;
  /** null: there is nothing to write but a plan for the pictures (planFolders). */
  write: ((source: LabelSource, problem: LabelProblem, losses?: Losses) => AsyncIterable<WrittenFile>) | null;
}

export const FORMATS: { readonly [format in FormatName]: Format } = {
  coco: {
    read: readCoco,
    write: (source, _, losses) => writeCoco(source, { ...(losses && { losses }) }),
  },
  yolo: {
    read: readYolo,
    write: (source, problem, losses) => writeYolo(source, { rows: problem === 'detection' ? 'box' : 'segment', ...(losses && { losses }) }),
  },
  voc: { read: readVoc, write: (source, _, losses) => writeVoc(source, { ...(losses && { losses }) }) },
  labelme: {
    read: readLabelme,
    write: (source, _, losses) => writeLabelme(source, { ...(losses && { losses }) }),
  },
  masks: {
    read: readMasks,
    write: (source, _, losses) => writeMasks(source, { pixels: 'indexed', ...(losses && { losses }) }),
  },
  csv: { read: readCsv, write: (source, _, losses) => writeCsv(source, { ...(losses && { losses }) }) },
  json: { read: readJson, write: (source, _, losses) => writeJson(source, { ...(losses && { losses }) }) },
  folders: { read: readFolders, write: null },
};

/** Reads label files of whatever format they are in; pictures among them are passed over. Throws label_format_unknown and what the reader throws. */
export async function readLabels(files: readonly LabelFile[], context: ReadContext): Promise<ReadResult> {
  return readDetected(await detectFormat(files), context);
}

/** Reads what detectFormat has found. Throws what the reader throws. */
export async function readDetected({ format, files, others }: Detection, context: ReadContext): Promise<ReadResult> {
  const result = await FORMATS[format].read(files, context);
  if (others.length > 0) {
    const before = result.report.findings.ignored_file ?? { count: 0, first: [] };
    const first = [...before.first, ...others.map(({ name }) => ({ file: name, picture: null, detail: '' }))].slice(0, LISTED);
    result.report.findings.ignored_file = { count: before.count + others.length, first };
  }
  return result;
}
