/** What an import found that a person should look at. Every kind is counted in full; of each the first few are listed, with file and row. */
import type { FormatName } from './annotation.ts';
import { shortened } from './files.ts';

/** What happened to the thing found: it is not in the labels, it is there but not as the file has it, or it is there unchanged. */
export type Effect = 'skipped' | 'changed' | 'kept';

interface Kind {
  effect: Effect;
  ko: string;
  en: string;
}

const kind = (effect: Effect, ko: string, en: string): Kind => ({ effect, ko, en });

export const FINDINGS = {
  missing_picture: kind('skipped', '데이터셋에 없는 이미지의 라벨입니다.', 'Labels of a picture that is not in the dataset.'),
  ambiguous_picture: kind(
    'skipped',
    '같은 이름의 이미지가 여러 개라 어느 것인지 알 수 없습니다.',
    'Several pictures have this name, so it is not clear which one is meant.',
  ),
  name_only: kind(
    'kept',
    '폴더가 다른데 파일 이름만으로 이미지를 찾았으니 같은 이미지가 맞는지 확인이 필요합니다.',
    'A picture was found by its file name alone though the folders differ; check that it is the one that is meant.',
  ),
  duplicate_picture: kind('changed', '한 이미지가 여러 번 나와 라벨을 합쳤습니다.', 'A picture is listed more than once; its labels were put together.'),
  conflicting_label: kind('changed', '한 이미지에 서로 다른 클래스가 있어 처음 것만 남겼습니다.', 'A picture has different classes; the first one was kept.'),
  unknown_class: kind('changed', '클래스 목록에 없는 클래스라 새로 추가했습니다.', 'A class that is not in the list of classes; it was added.'),
  class_names_missing: kind(
    'changed',
    '클래스 이름 목록이 없어 번호를 이름으로 사용했습니다.',
    'There is no list of class names; the numbers were taken as names.',
  ),
  unknown_colour: kind('skipped', '클래스 표에 없는 색의 화소라 라벨에서 뺐습니다.', 'Pixels of a colour that is not in the class table; they have no label.'),
  duplicate_shape: kind('skipped', '같은 클래스와 모양의 라벨이 중복되어 하나만 남겼습니다.', 'The same shape with the same class again; one was kept.'),
  not_finite: kind('skipped', '좌표가 숫자가 아니거나 너무 큽니다.', 'A coordinate is not a number or far too large.'),
  too_few_points: kind('skipped', '다각형의 점이 3개보다 적습니다.', 'A polygon of fewer than three different points.'),
  zero_area: kind('skipped', '넓이가 0인 라벨입니다.', 'A shape without area.'),
  negative_size: kind('changed', '너비나 높이가 음수인 상자라 모서리를 바꾸었습니다.', 'A box with negative width or height; its corners were swapped.'),
  huge_shape: kind(
    'changed',
    '이미지보다 4배 이상 큰 라벨이라 이미지 크기로 잘랐습니다.',
    'A shape more than four times as large as the picture; it was cut to the picture.',
  ),
  outside: kind('skipped', '라벨이 이미지 밖에 있습니다.', 'A shape that lies outside the picture.'),
  clipped: kind('changed', '이미지 밖으로 나간 부분을 잘랐습니다.', 'A shape that sticks out of the picture was cut.'),
  self_crossing: kind('kept', '다각형의 선이 서로 교차합니다.', 'A polygon whose lines cross one another.'),
  size_differs: kind(
    'changed',
    '라벨 파일의 이미지 크기가 실제와 달라 비율에 맞게 조정했습니다.',
    'The picture has another size than the label file says; shapes were scaled with it.',
  ),
  shape_differs: kind(
    'kept',
    '라벨 파일의 이미지 가로세로 비율이 실제와 다릅니다. 좌표는 그대로 두었습니다.',
    'The picture has another aspect ratio than the label file says; coordinates were left as they are.',
  ),
  became_box: kind('changed', '다각형이나 마스크를 감싸는 상자로 바꾸었습니다.', 'A polygon or mask became the box around it.'),
  became_polygon: kind('changed', '상자를 네 점 다각형으로 바꾸었습니다.', 'A box became a polygon of four points.'),
  mask_size: kind('skipped', '마스크와 이미지의 크기가 다릅니다.', 'A mask of another size than its picture.'),
  unsupported_shape: kind('skipped', '점이나 선처럼 넓이가 없는 라벨은 지원하지 않습니다.', 'Points and lines have no area and are not supported.'),
  too_many_points: kind('skipped', '라벨의 점이 너무 많습니다.', 'A shape with too many points.'),
  malformed: kind('skipped', '형식에 맞지 않아 읽을 수 없는 항목입니다.', 'An entry that does not follow the format.'),
  ragged_row: kind('changed', '열의 수가 첫 행과 다릅니다. 필요한 열만 읽었습니다.', 'A row with another number of columns; what was needed was read.'),
  no_label: kind('skipped', '라벨 칸이 비어 있습니다.', 'The label is empty.'),
  unreadable_file: kind('skipped', '파일을 읽을 수 없습니다.', 'The file cannot be read.'),
  ignored_file: kind('skipped', '이 형식의 라벨 파일이 아니라 읽지 않았습니다.', 'Not a label file of this format; it was not read.'),
  zero_based: kind(
    'changed',
    '좌표 0이 있어 VOC 정의(1부터) 대신 0부터 시작하는 좌표로 읽었습니다.',
    'There are coordinates of 0, so they were read as counted from 0, not from 1 as VOC defines.',
  ),
} as const satisfies Record<string, Kind>;

export type FindingKind = keyof typeof FINDINGS;

/** Where to look. */
export interface Place {
  file: string;
  /** Line of a text file, from 1. */
  row?: number;
  /** Position in a list (object in an XML file, shape in a JSON file), from 1. */
  item?: number;
  /** The entry's own id (COCO annotation or image). */
  id?: string;
}

export interface Finding extends Place {
  picture: string | null;
  /** The value that caused it, as the file has it, shortened. */
  detail: string;
}

export interface LabelReport {
  format: FormatName;
  /** Pictures of the dataset that the label files speak of (all that they name, where no dataset is known). */
  matched: number;
  /** Pictures of the dataset without labels; how many, and the first of them. */
  unlabelled: { count: number; first: string[] };
  /** Entries of the files that name a picture of the dataset (COCO and CSV: any picture), and how many of them became shapes. */
  shapesRead: number;
  shapesKept: number;
  findings: { [kind in FindingKind]?: { count: number; first: Finding[] } };
}

/** So many findings of a kind are listed; all are counted. */
export const LISTED = 100;

export class ReportBuilder {
  readonly #findings: LabelReport['findings'] = {};
  shapesRead = 0;
  shapesKept = 0;

  add(kind: FindingKind, place: Place, detail: unknown = '', picture: string | null = null, times = 1): void {
    let found = this.#findings[kind];
    if (found === undefined) {
      found = { count: 0, first: [] };
      this.#findings[kind] = found;
    }
    found.count += times;
    if (found.first.length >= LISTED) return;
    found.first.push({
      ...place,
      file: shortened(place.file),
      picture: picture === null ? null : shortened(picture),
      detail: shortened(typeof detail === 'string' ? detail : (JSON.stringify(detail) ?? String(detail))),
    });
  }

  count(kind: FindingKind): number {
    return this.#findings[kind]?.count ?? 0;
  }

  report(format: FormatName, matched: number, unlabelled: { count: number; first: string[] }): LabelReport {
    return { format, matched, unlabelled, shapesRead: this.shapesRead, shapesKept: this.shapesKept, findings: this.#findings };
  }
}

/** What a writer could not say in its format; see docs/labels.md. */
export const LOSSES = {
  attributes: { ko: '이 형식에 없는 속성을 뺐습니다.', en: 'Attributes that the format does not have were left out.' },
  box_from_polygon: { ko: '다각형이나 마스크를 감싸는 상자로 바꾸었습니다.', en: 'Polygons or masks became the boxes around them.' },
  polygon_from_box: { ko: '상자를 네 점 다각형으로 바꾸었습니다.', en: 'Boxes became polygons of four points.' },
  polygon_from_mask: { ko: '마스크를 윤곽 다각형으로 바꾸었습니다.', en: 'Masks became the polygons of their outlines.' },
  cuts: { ko: '구멍이나 여러 조각을 절단선으로 이어 한 다각형으로 썼습니다.', en: 'Holes and pieces were joined over cuts into one polygon.' },
  rasterised: { ko: '상자나 다각형을 화소 단위 마스크로 바꾸었습니다.', en: 'Boxes or polygons became pixels of a mask.' },
  overlap: { ko: '겹친 화소는 나중 라벨의 것이 되었습니다.', en: 'Pixels under several shapes belong to the last one.' },
  instances: { ko: '같은 클래스의 물체가 한 영역으로 합쳐졌습니다.', en: 'Objects of a class became one region.' },
  shape: { ko: '이 형식으로 쓸 수 없는 라벨을 뺐습니다.', en: 'Shapes that the format cannot hold were left out.' },
  rounded: { ko: '좌표를 정수로 반올림했습니다.', en: 'Coordinates were rounded to whole pixels.' },
  classes: { ko: '클래스 번호나 색을 다시 매겼습니다.', en: 'Classes got other numbers or colours.' },
} as const satisfies Record<string, { ko: string; en: string }>;

export type Loss = keyof typeof LOSSES;
/** How often each loss occurred; a writer adds to it. */
export type Losses = { [loss in Loss]?: number };

export function lose(losses: Losses | undefined, loss: Loss, times = 1): void {
  if (losses !== undefined && times > 0) losses[loss] = (losses[loss] ?? 0) + times;
}
