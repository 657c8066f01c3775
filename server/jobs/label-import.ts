/** Brings label files of any format to the pictures of a set: a label set, and the report of what was found. */
import { join } from 'node:path';
import type { LabelReport } from '../http/label-schemas.ts';
import type { ClassInfo, FormatName, Geometry, PictureLabels, Shape } from '../labels/annotation.ts';
import { geometryOf, reshaped } from '../labels/annotation.ts';
import type { Detection } from '../labels/detect.ts';
import { shortened } from '../labels/files.ts';
import { readDetected } from '../labels/formats.ts';
import { boxRing } from '../labels/geometry.ts';
import type { KnownPicture } from '../labels/pictures.ts';
import type { LabelProblem } from '../labels/problems.ts';
import { FINDINGS, type FindingKind, LISTED, type LabelReport as LibraryReport } from '../labels/report.ts';
import { boxOf } from '../labels/shapes.ts';
import { writeDurably } from '../store/durable.ts';
import { type ClassCount, LabelSetWriter } from '../store/label-set.ts';
import type { PictureItem } from '../store/pictures.ts';

export interface LabelOutcome {
  classes: ClassCount[];
  labelledCount: number;
  /** The name of the file or archive; null where the folders of the pictures are the labels. */
  labelFile: string | null;
  labelFormat: FormatName;
  /** How many things the report finds that are not in the labels or not as the files have them. */
  labelFindings: number;
}

export interface LabelRequest {
  found: Detection;
  /** The name to show; null: the folders of the pictures. */
  file: string | null;
  problem: LabelProblem;
  items: readonly PictureItem[];
  /** Names of uploaded pictures that could not be used. */
  unusable?: readonly string[];
  /** Pictures (n) that were uploaded twice under one name, by the n of the first. */
  copies?: ReadonlyMap<number, readonly number[]>;
  /** Classes that the dataset has already. */
  classes?: readonly ClassInfo[];
  /** Folder of the label set; report.json is written into it, too. */
  dir: string;
}

/** Throws what the format's reader throws. */
export async function importLabels(request: LabelRequest): Promise<LabelOutcome> {
  const { items, problem, dir } = request;
  const pictures: KnownPicture[] = items.map(({ name, width, height, original }) => ({ name, width, height, ...(original === undefined ? {} : { original }) }));
  for (const name of request.unusable ?? []) pictures.push({ name, width: 0, height: 0, unusable: true });
  const { labels, report, unspoken } = await readDetected(request.found, { pictures, classes: request.classes ?? [] });
  report.unlabelled = unlabelledOf(report, request.unusable ?? []);
  const byName = new Map(labels.pictures.map((picture) => [picture.name, picture]));
  const source = sourcesOf(items, request.copies);
  // Classes that only the labels before had are not carried along.
  const dropped = new Set(unspoken);
  const kept = labels.classes.flatMap(({ name }, label) => (dropped.has(name) ? [] : [label]));
  const number = new Map(kept.map((label, index) => [label, index]));
  const classes = kept.map((label) => ({ ...labels.classes[label]!, name: shortened(labels.classes[label]!.name) }));
  const writer = await LabelSetWriter.create(dir, {
    problem,
    classes,
    ...(labels.background === undefined ? {} : { background: labels.background }),
    ...(labels.extra === undefined ? {} : { extra: labels.extra }),
  });
  try {
    for (const { n, name } of items) {
      const picture = byName.get(source.get(n) ?? name);
      if (picture === undefined) continue;
      const shapes = picture.shapes.map((shape) => fitting({ ...shape, label: number.get(shape.label)! }, problem, picture, report));
      if (problem !== 'classification') await writer.add(n, { shapes, ...(picture.extra === undefined ? {} : { extra: picture.extra }) });
      else if (shapes[0] !== undefined) await writer.add(n, { label: shapes[0].label });
    }
    const wire = wireReport(report, request.file);
    await writeDurably(join(dir, 'report.json'), `${JSON.stringify(wire)}\n`);
    const written = await writer.finish();
    const labelFindings = wire.findings.reduce((sum, { effect, count }) => sum + (effect === 'kept' ? 0 : count), 0);
    return { classes: written.classes, labelledCount: written.labelled, labelFile: request.file, labelFormat: report.format, labelFindings };
  } finally {
    await writer.abandon();
  }
}

function unlabelledOf({ unlabelled }: LibraryReport, unusable: readonly string[]): LibraryReport['unlabelled'] {
  const gone = new Set(unusable);
  return { count: unlabelled.count - unusable.length, first: unlabelled.first.filter((name) => !gone.has(name)) };
}

/** By n of a copy, the name of the picture that it is a copy of. */
function sourcesOf(items: readonly PictureItem[], copies: LabelRequest['copies']): Map<number, string> {
  const names = new Map<number, string>();
  for (const [first, others] of copies ?? []) for (const n of others) names.set(n, items[first]!.name);
  return names;
}

/** Boxes for detection; regions, not boxes, for the segmentations. */
function fitting(shape: Shape, problem: LabelProblem, picture: PictureLabels, report: LibraryReport): Shape {
  if (problem === 'classification' || shape.kind === 'whole') return shape;
  if (problem === 'detection') {
    if (shape.kind === 'box') return shape;
    const box = boxOf(geometryOf(shape));
    if (box === null) return shape;
    return changed(shape, { kind: 'box', ...box }, 'became_box', picture, report);
  }
  if (shape.kind !== 'box') return shape;
  return changed(shape, { kind: 'polygon', parts: [{ outer: boxRing(shape), holes: [] }] }, 'became_polygon', picture, report);
}

function changed(shape: Shape, geometry: Geometry, kind: FindingKind, picture: PictureLabels, report: LibraryReport): Shape {
  const found = report.findings[kind] ?? { count: 0, first: [] };
  report.findings[kind] = found;
  found.count += 1;
  if (found.first.length < LISTED) found.first.push({ file: '', picture: shortened(picture.name), detail: '' });
  return reshaped(shape, geometry);
}

function wireReport({ findings, ...report }: LibraryReport, file: string | null): LabelReport {
  const kinds = Object.keys(FINDINGS) as FindingKind[];
  return {
    ...report,
    file,
    findings: kinds.flatMap((kind) => {
      const found = findings[kind];
      return found === undefined ? [] : [{ kind, ...FINDINGS[kind], ...found }];
    }),
  };
}
