/**
 * Semantic segmentation as masks: a lossless picture of the same size for each picture, whose pixels say the class, by a value (palette index or grey
 * value, as in VOC's SegmentationClass) or by a colour. A table beside them says which is which (class-table.ts).
 *
 * Without a table: value 0 is the background, 255 is VOC's void border where other values occur too (else the one class of a black and white mask), and the
 * numbers or colours become the names.
 */
import { StudioError } from '../errors.ts';
import { sharp } from '../sharp.ts';
import type { ClassInfo, LabelSource, PictureLabels } from './annotation.ts';
import { isTableName, labelmapText, readClassTable, vocColour } from './class-table.ts';
import { checkSize, type LabelFile, safePath, shortened, type WrittenFile, WrittenNames, withoutExtension } from './files.ts';
import { type Draft, Intake, type ReadContext, type ReadResult } from './intake.ts';
import { decodePng, encodePng, isPng } from './png.ts';
import { type Losses, lose } from './report.ts';
import { encodeLayers, paintMask, rleArea } from './rle.ts';
import { maskOf } from './shapes.ts';
import { Turns } from './turns.ts';

const isMaskName = (name: string): boolean => /\.(png|tiff?|webp)$/i.test(name);
/** Folders of instance masks beside class masks: their values are numbers of objects, not of classes. */
const isInstances = (name: string): boolean => /(^|\/)(SegmentationObject|instances?)\//i.test(name);
/** What tools append to a picture's name for its mask. */
const SUFFIX = /[_-](mask|masks|label|labels|labelids|labeltrainids|seg|segmentation|gt|gtfine)$/i;
const VOID = 255;
/** A file may hold so many different unknown colours before the rest is counted together: edges that were smoothed have thousands. */
const COLOURS_TOLD = 20;

interface MaskValues {
  width: number;
  height: number;
  /** Values, or colours as 0xrrggbb. */
  values: Uint8Array | Uint16Array | Uint32Array;
  /** Colour of each value (indexed masks), or null for grey. */
  palette: Uint8Array | null;
  colours: boolean;
}

/** Reads a set of masks with their table. Files that cannot be read are reported; throws only where not one can, or for a table that is none. */
export async function readMasks(files: readonly LabelFile[], context: ReadContext): Promise<ReadResult> {
  const intake = new Intake('masks', context);
  // The most exact table first: JSON has values and colours, a labelmap has colours only.
  const rank = (name: string): number => ['.json', '.csv', '.txt'].findIndex((end) => name.toLowerCase().endsWith(end));
  const tables = files.filter(({ name }) => isTableName(name)).sort((a, b) => rank(a.name) - rank(b.name));
  const classes = new ClassesOfMasks(intake);
  if (tables[0] !== undefined) classes.useTable(await readClassTable(tables[0], intake.limits), tables[0].name);
  else if ((context.classes ?? []).some(({ id, colour }) => id !== undefined || colour !== undefined))
    classes.useTable({ classes: context.classes!.map((info) => info), background: null }, '');
  let failure: StudioError | null = null;
  let good = 0;
  for (const file of files) {
    if (tables.includes(file)) continue;
    if (!isMaskName(file.name) || isInstances(file.name)) {
      intake.report.add('ignored_file', { file: file.name });
      continue;
    }
    try {
      checkSize(file, intake.limits.maxFileBytes);
      const mask = await readMask(file, intake.limits.maxPixels);
      good += 1;
      const draft = pictureOf(file.name, mask, intake);
      if (draft !== null) readLayers(mask, draft, file.name, classes);
    } catch (error) {
      if (!(error instanceof StudioError) || error.code === 'label_too_many') throw error;
      intake.report.add('unreadable_file', { file: file.name }, error.details ?? error.message);
      failure ??= error;
    }
  }
  if (good === 0 && failure !== null) throw failure;
  // Without a table the order is that of the numbers.
  const result = intake.finish(!classes.tabled);
  classes.settle(result);
  return result;
}

function pictureOf(file: string, { width, height }: MaskValues, intake: Intake): Draft | null {
  let name = withoutExtension(file);
  if (intake.index === null) name = name.replace(/^(?:.*\/)?(?:SegmentationClass|masks|labels|annotations)\//i, '');
  else if (intake.index.find(name) === 'missing' && typeof intake.index.find(name.replace(SUFFIX, '')) === 'number') name = name.replace(SUFFIX, '');
  if (intake.has(name)) intake.report.add('duplicate_picture', { file }, '', name);
  return intake.picture(name, { width, height }, { file });
}

/** Throws label_mask. */
async function readMask(file: LabelFile, maxPixels: number): Promise<MaskValues> {
  const data = await file.read();
  try {
    if (isPng(data)) {
      const { width, height, channels, bitDepth, samples, palette } = decodePng(data, maxPixels);
      // Grey with alpha: the grey is the value.
      if (channels <= 2) return { width, height, values: everyNth(samples, channels), palette, colours: false };
      return { width, height, values: packed(samples, channels, bitDepth === 16), palette: null, colours: true };
    }
    const image = sharp(data, { limitInputPixels: maxPixels });
    const { format, channels, depth } = await image.metadata();
    if (format !== 'tiff' && format !== 'webp') throw new RangeError(`a ${format} file`);
    if (channels <= 2) {
      const wide = depth !== 'uchar';
      const raw = await image
        .toColourspace(wide ? 'grey16' : 'b-w')
        .raw({ depth: wide ? 'ushort' : 'uchar' })
        .toBuffer({ resolveWithObject: true });
      const samples = wide ? new Uint16Array(raw.data.buffer, raw.data.byteOffset, raw.data.length / 2) : raw.data;
      return { width: raw.info.width, height: raw.info.height, values: everyNth(samples, raw.info.channels), palette: null, colours: false };
    }
    const raw = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    return { width: raw.info.width, height: raw.info.height, values: packed(raw.data, raw.info.channels, false), palette: null, colours: true };
  } catch (error) {
    const detail = shortened((error as Error).message);
    throw new StudioError('label_mask', { file: shortened(file.name), detail }, detail);
  }
}

function everyNth(samples: Uint8Array | Uint16Array, n: number): Uint8Array | Uint16Array {
  return n === 1 ? samples : samples.filter((_, i) => i % n === 0);
}

function packed(samples: Uint8Array | Uint16Array, channels: number, wide: boolean): Uint32Array {
  const out = new Uint32Array(samples.length / channels);
  const shift = wide ? 8 : 0;
  for (let i = 0, at = 0; i < out.length; i += 1, at += channels) {
    out[i] = ((samples[at]! >> shift) << 16) | ((samples[at + 1]! >> shift) << 8) | (samples[at + 2]! >> shift);
  }
  return out;
}

function readLayers(mask: MaskValues, draft: Draft, file: string, classes: ClassesOfMasks): void {
  let told = 0;
  for (const [value, rle] of encodeLayers(mask.values, mask.width, mask.height)) {
    const label = classes.of(value, mask, file, draft.labels.name, () => rleArea(rle), told < COLOURS_TOLD);
    if (label === 'unknown') told += 1;
    else if (label !== 'background') classes.intake.add(draft, { kind: 'mask', rle }, label, {}, { file }, value);
  }
}

/** Values and colours of pixels to classes. */
class ClassesOfMasks {
  readonly intake: Intake;
  #table: { byValue: Map<number, number | 'background'>; byColour: Map<number, number | 'background'> } | null = null;
  readonly #untold = new Map<string, number>();

  constructor(intake: Intake) {
    this.intake = intake;
  }

  get tabled(): boolean {
    return this.#table !== null;
  }

  useTable(table: { classes: ClassInfo[]; background: ClassInfo | null }, file: string): void {
    const { intake } = this;
    const byValue = new Map<number, number | 'background'>();
    const byColour = new Map<number, number | 'background'>();
    let { background } = table;
    let { classes } = table;
    if (background === null && classes.some(({ id }) => id === 0)) {
      // 0 is a class of its own: then what has no class is the void.
      background = classes.find(({ ignore }) => ignore === true) ?? { name: 'void', id: VOID, ignore: true };
      classes = classes.filter((info) => info !== background);
    }
    for (const info of classes) {
      const label = intake.declare(info, { file });
      if (info.id !== undefined) byValue.set(info.id, label);
      if (info.colour !== undefined) byColour.set(colourNumber(info.colour), label);
    }
    background ??= { name: 'background', id: 0, colour: [0, 0, 0] };
    intake.background = background;
    if (background.id !== undefined) byValue.set(background.id, 'background');
    const colour = background.colour === undefined ? (background.id === 0 ? 0 : undefined) : colourNumber(background.colour);
    if (colour !== undefined && !byColour.has(colour)) byColour.set(colour, 'background');
    this.#table = { byValue, byColour };
  }

  of(value: number, mask: MaskValues, file: string, picture: string, area: () => number, tell: boolean): number | 'background' | 'unknown' {
    return this.#table === null ? this.#untabled(value, mask, file) : this.#tabled(this.#table, value, mask, file, picture, area, tell);
  }

  #tabled(
    { byValue, byColour }: { byValue: Map<number, number | 'background'>; byColour: Map<number, number | 'background'> },
    value: number,
    mask: MaskValues,
    file: string,
    picture: string,
    area: () => number,
    tell: boolean,
  ): number | 'background' | 'unknown' {
    if (mask.colours) {
      const found = byColour.get(value);
      if (found !== undefined) return found;
      // A grey value stored in three channels.
      const grey = value & 255;
      if (byColour.size <= 1 && value === grey * 0x010101 && byValue.has(grey)) return byValue.get(grey)!;
      this.intake.report.add('unknown_colour', { file }, tell ? `${hex(value)}: ${area()} px` : '…', picture);
      return 'unknown';
    }
    // The palette's colours say more than its order where the table has colours.
    const colour = mask.palette === null || value * 3 + 2 >= mask.palette.length ? undefined : colourNumber(mask.palette.subarray(value * 3, value * 3 + 3));
    const found = (colour === undefined ? undefined : byColour.get(colour)) ?? byValue.get(value);
    if (found !== undefined) return found;
    const label =
      value === VOID ? this.intake.declare({ name: 'void', id: VOID, ignore: true }, { file }) : this.intake.undeclared(String(value), { file }, { id: value });
    byValue.set(value, label);
    return label;
  }

  #untabled(value: number, mask: MaskValues, file: string): number | 'background' {
    this.intake.background ??= { name: 'background', id: 0, colour: [0, 0, 0] };
    if (value === 0) return 'background';
    const name = mask.colours ? hex(value) : String(value);
    const known = this.#untold.get(name);
    if (known !== undefined) return known;
    const info: ClassInfo = mask.colours ? { name, colour: [value >> 16, (value >> 8) & 255, value & 255] } : { name, id: value };
    if (!mask.colours && mask.palette !== null && value * 3 + 2 < mask.palette.length) {
      info.colour = [mask.palette[value * 3]!, mask.palette[value * 3 + 1]!, mask.palette[value * 3 + 2]!];
    }
    this.intake.report.add('class_names_missing', { file }, name);
    const label = this.intake.declare(info, { file });
    this.#untold.set(name, label);
    return label;
  }

  /** Only after the last file is known whether 255 was the void of VOC or the white of black and white masks. */
  settle({ labels }: ReadResult): void {
    if (this.#table !== null) return;
    const values = labels.classes.filter(({ name, id }) => id !== undefined && name === String(id));
    const border = values.find(({ id }) => id === VOID);
    if (border === undefined || values.length === 1) return;
    labels.classes[labels.classes.indexOf(border)] = { ...border, name: 'void', ignore: true };
  }
}

const colourNumber = (colour: ArrayLike<number>): number => (colour[0]! << 16) | (colour[1]! << 8) | colour[2]!;
const hex = (value: number): string => `#${value.toString(16).padStart(6, '0')}`;

// ---------------------------------------------------------------- writing

export interface MasksOptions {
  /** Palette indices with their colours (up to 256 values; more become 16-bit grey), or plain RGB. */
  pixels: 'indexed' | 'colour';
  losses?: Losses;
}

/**
 * Writes SegmentationClass/NAME.png for every picture, labelmap.txt as CVAT and VOC tools read it, and classes.json with values and colours. Shapes are
 * painted in their order, later ones over earlier ones. Throws label_size_unknown.
 */
export async function* writeMasks(source: LabelSource, { pixels, losses }: MasksOptions): AsyncGenerator<WrittenFile> {
  const { classes, background } = pixelsOf(source, losses);
  const entries = [...(background.ignore === true ? [] : [background]), ...classes, ...(background.ignore === true ? [background] : [])];
  yield { name: 'labelmap.txt', content: Buffer.from(labelmapText(entries)) };
  const table = entries.map((info) => ({
    name: info.name,
    id: info.id,
    color: info.colour,
    ...(info.ignore === true ? { ignore: true } : {}),
    background: info === background,
  }));
  yield { name: 'classes.json', content: Buffer.from(`${JSON.stringify({ classes: table }, null, 2)}\n`) };
  const palette = new Uint8Array(768);
  for (let value = 0; value < 256; value += 1) palette.set(vocColour(value), value * 3);
  for (const { id, colour } of entries) if (id < 256) palette.set(colour, id * 3);
  const wide = entries.some(({ id }) => id > 255);
  const files = new WrittenNames();
  const turns = new Turns();
  for await (const picture of source.pictures) {
    const { width, height } = picture;
    if (width === 0 || height === 0) throw new StudioError('label_size_unknown', { picture: shortened(picture.name) });
    const values = await paint(picture, classes, background.id, wide, losses, turns);
    let data: Buffer;
    if (pixels === 'colour') {
      const colours = new Map(entries.map(({ id, colour }) => [id, colour]));
      const rgb = new Uint8Array(width * height * 3);
      for (const [i, value] of values.entries()) rgb.set(colours.get(value)!, i * 3);
      data = await encodePng(rgb, width, height, 3);
    } else data = await encodePng(values, width, height, 1, wide ? undefined : palette);
    yield { name: files.unique(`SegmentationClass/${withoutExtension(safePath(picture.name))}`, '.png'), content: data };
  }
}

type PixelClass = ClassInfo & { id: number; colour: [number, number, number] };

/** A value and a colour of its own for each class: those that it has, as long as they are whole, unique and not the background's. */
function pixelsOf(source: LabelSource, losses: Losses | undefined): { classes: PixelClass[]; background: PixelClass } {
  const plain = source.background ?? { name: 'background' };
  const backgroundId = plain.id ?? 0;
  const background: PixelClass = { ...plain, id: backgroundId, colour: plain.colour ?? vocColour(backgroundId) };
  const stated = source.classes.map(({ id }) => id);
  const usable =
    stated.every((id) => id !== undefined && Number.isInteger(id) && id >= 0 && id <= 65535 && id !== background.id) && new Set(stated).size === stated.length;
  if (!usable && stated.some((id) => id !== undefined)) lose(losses, 'classes');
  const ids = usable ? (stated as number[]) : numbered(source.classes, background.id);
  const taken = new Set([colourNumber(background.colour)]);
  // Colours that classes have go before those that are made up.
  const colours = source.classes.map(({ colour }) => {
    if (colour === undefined || taken.has(colourNumber(colour))) return undefined;
    taken.add(colourNumber(colour));
    return colour;
  });
  const classes = source.classes.map((info, i): PixelClass => {
    let colour = colours[i];
    for (let n = ids[i]!; colour === undefined; n += 1) {
      const made = n < 65536 ? vocColour(n) : ([n >> 16, (n >> 8) & 255, n & 255] as [number, number, number]);
      if (!taken.has(colourNumber(made))) colour = made;
    }
    taken.add(colourNumber(colour));
    return { ...info, id: ids[i]!, colour };
  });
  return { classes, background };
}

/** 1, 2, … in order; a class to be ignored is 255 as in VOC, where it is the only one. */
function numbered(classes: readonly ClassInfo[], background: number): number[] {
  const one = classes.filter(({ ignore }) => ignore === true).length === 1 && classes.length < VOID && background !== VOID;
  let next = 0;
  return classes.map(({ ignore }) => {
    if (one && ignore === true) return VOID;
    next += 1;
    if (next === background) next += 1;
    return next;
  });
}

async function paint(
  picture: PictureLabels,
  classes: readonly PixelClass[],
  background: number,
  wide: boolean,
  losses: Losses | undefined,
  turns: Turns,
): Promise<Uint8Array | Uint16Array> {
  const { width, height, shapes } = picture;
  const values = wide ? new Uint16Array(width * height) : new Uint8Array(width * height);
  if (background !== 0) values.fill(background);
  let painted = 0;
  const perClass = new Map<number, number>();
  for (const shape of shapes) {
    if (shape.kind === 'whole') {
      lose(losses, 'shape');
      continue;
    }
    if (shape.kind !== 'mask') lose(losses, 'rasterised');
    if (shape.attributes !== undefined) lose(losses, 'attributes');
    perClass.set(shape.label, (perClass.get(shape.label) ?? 0) + 1);
    const mask = maskOf(shape, width, height);
    painted += rleArea(mask);
    await paintMask(mask, values, classes[shape.label]!.id, () => turns.pass());
    await turns.pass();
  }
  if (losses !== undefined) {
    let covered = 0;
    for (let y = 0; y < height; y += 1) {
      for (let at = y * width; at < (y + 1) * width; at += 1) if (values[at] !== background) covered += 1;
      await turns.pass();
    }
    lose(losses, 'overlap', painted - covered);
    for (const count of perClass.values()) lose(losses, 'instances', count - 1);
  }
  return values;
}
