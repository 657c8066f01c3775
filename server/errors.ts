/**
 * The catalogue of errors: every failure that a person can meet, with its HTTP status and a sentence in Korean and in English that says what is wrong
 * and what to do next. `{name}` stands for a parameter. Workers and the daemon use the same catalogue.
 */
export type Language = 'ko' | 'en';
export type ErrorParams = Record<string, string | number>;

interface Entry {
  status: number;
  ko: string;
  en: string;
}

const entry = (status: number, ko: string, en: string): Entry => ({ status, ko, en });

export const CATALOGUE = {
  internal: entry(
    500,
    'AI Studio 안에서 예상하지 못한 오류가 났습니다. 다시 시도하고, 되풀이되면 관리자에게 아래 자세한 내용을 알려 주세요.',
    'Something unexpected went wrong inside AI Studio. Try again; if it happens again, show the details below to your administrator.',
  ),
  not_found: entry(
    404,
    '찾는 항목이 없습니다. 삭제되었거나 주소가 잘못되었을 수 있습니다. 목록에서 다시 선택해 주세요.',
    'This item does not exist. It may have been deleted, or the address is wrong. Choose it again from the list.',
  ),
  invalid_input: entry(
    400,
    '입력한 값이 올바르지 않습니다: {field}. 값을 고친 뒤 다시 시도해 주세요.',
    'This value is not valid: {field}. Correct it and try again.',
  ),
  // ---- uploads, archives, pictures and label files (made by workers)
  upload_not_recognised: entry(
    422,
    '이 파일은 ZIP, TAR, 사진(JPEG, PNG, WebP, TIFF, BMP, GIF) 중 어느 것도 아닙니다. 사진을 ZIP 파일로 묶어 다시 올려 주세요.',
    'This file is neither a ZIP or TAR archive nor a picture (JPEG, PNG, WebP, TIFF, BMP, GIF). Put the pictures into a ZIP file and upload it again.',
  ),
  archive_damaged: entry(
    422,
    '압축 파일이 손상되었거나 끝까지 올라오지 않아 열 수 없습니다. 압축 파일을 다시 만들어 올려 주세요.',
    'The archive is damaged or incomplete and cannot be opened. Make the archive again and upload it again.',
  ),
  archive_unsafe_path: entry(
    422,
    '압축 파일 안의 경로가 폴더 밖을 가리킵니다: {name}. 안전하지 않으므로 아무것도 저장하지 않았습니다. 폴더째 다시 압축해 올려 주세요.',
    'A path inside the archive points outside of it: {name}. This is not safe, so nothing was kept. Compress the folder again and upload it.',
  ),
  archive_link: entry(
    422,
    '압축 파일에 일반 파일이 아닌 항목(링크 또는 장치)이 있습니다: {name}. 안전하지 않으므로 아무것도 저장하지 않았습니다. 실제 파일만 넣어 다시 압축해 주세요.',
    'The archive holds something that is not a plain file (a link or a device): {name}. This is not safe, so nothing was kept. Compress plain files only.',
  ),
  archive_encrypted: entry(
    422,
    '압축 파일에 암호가 걸려 있습니다: {name}. 암호 없이 다시 압축해 올려 주세요.',
    'The archive is protected with a password: {name}. Compress it again without a password and upload it.',
  ),
  archive_bomb: entry(
    422,
    '압축을 풀면 비정상적으로 커지는 파일입니다: {name}. 안전하지 않으므로 아무것도 저장하지 않았습니다.',
    'Unpacked, this archive grows beyond all measure: {name}. This is not safe, so nothing was kept.',
  ),
  archive_too_large: entry(
    422,
    '압축을 풀면 허용된 크기 {limitMb} MB를 넘습니다. 나누어 올리거나 관리자에게 한도를 높여 달라고 하세요.',
    'Unpacked, the archive is larger than the limit of {limitMb} MB. Upload it in parts, or ask the administrator to raise the limit.',
  ),
  archive_too_many_files: entry(
    422,
    '압축 파일 안의 파일이 한도 {limit}개를 넘습니다. 나누어 올리거나 관리자에게 한도를 높여 달라고 하세요.',
    'The archive holds more files than the limit of {limit}. Upload it in parts, or ask the administrator to raise the limit.',
  ),
  no_pictures: entry(
    422,
    '올린 파일에 사진이 없습니다. JPEG, PNG, WebP, TIFF, BMP, GIF 사진을 ZIP 파일로 묶어 다시 올려 주세요.',
    'There is no picture in the upload. Put JPEG, PNG, WebP, TIFF, BMP or GIF pictures into a ZIP file and upload it again.',
  ),
  no_usable_pictures: entry(
    422,
    '쓸 수 있는 사진이 하나도 없습니다. 파일 {count}개를 모두 건너뛰었습니다 (첫 번째: {name}). 기록에서 이유를 확인하고 사진을 고쳐 다시 올려 주세요.',
    'Not one picture can be used: all {count} files were skipped (the first: {name}). See the reasons in the log, repair the pictures and upload them again.',
  ),
  picture_damaged: entry(
    422,
    '사진 파일이 손상되었거나 잘려 있습니다. 원본에서 다시 복사해 주세요.',
    'The picture file is damaged or cut off. Copy it again from its source.',
  ),
  picture_empty: entry(422, '파일이 비어 있습니다(0바이트).', 'The file is empty (0 bytes).'),
  picture_unsupported: entry(
    422,
    '지원하는 사진 형식이 아닙니다. JPEG, PNG, WebP, TIFF(8·16비트), BMP, GIF로 저장해 주세요.',
    'This is not a picture in a supported format. Save it as JPEG, PNG, WebP, TIFF (8 or 16 bit), BMP or GIF.',
  ),
  picture_animated: entry(
    422,
    '여러 장면이나 쪽이 든 사진(애니메이션, 여러 쪽 TIFF)은 쓸 수 없습니다. 한 장씩 저장해 주세요.',
    'A picture with several frames or pages (animation, multi-page TIFF) cannot be used. Save each as a picture of its own.',
  ),
  picture_file_too_large: entry(
    422,
    '사진 파일이 한도 {limitMb} MB보다 큽니다. 작게 저장하거나 관리자에게 한도를 높여 달라고 하세요.',
    'The picture file is larger than the limit of {limitMb} MB. Save it smaller, or ask the administrator to raise the limit.',
  ),
  picture_too_many_pixels: entry(
    422,
    '사진이 너무 큽니다: {width}×{height}. 한도는 {limitMp}백만 화소입니다. 크기를 줄여 주세요.',
    'The picture is too large: {width}×{height}. The limit is {limitMp} megapixels. Make it smaller.',
  ),
  nested_archive: entry(
    422,
    '압축 파일 안에 또 압축 파일이 있습니다. 풀어서 사진을 직접 올려 주세요.',
    'This is an archive within the archive. Unpack it and upload the pictures themselves.',
  ),
  zip_method_unsupported: entry(
    422,
    '지원하지 않는 방식으로 압축된 파일입니다. 일반 ZIP(Deflate) 방식으로 다시 압축해 주세요.',
    'The file was compressed with a method that is not supported. Compress it again as an ordinary ZIP (Deflate).',
  ),
  labels_bad_row: entry(
    422,
    '라벨 파일의 {row}번째 줄을 읽을 수 없습니다. 각 줄은 "파일 이름,라벨" 형식이어야 합니다. 고친 뒤 다시 올려 주세요.',
    'Row {row} of the label file cannot be read. Each row must be "filename,label". Correct it and upload it again.',
  ),
  labels_conflict: entry(
    422,
    '라벨 파일의 {row}번째 줄이 앞줄과 다릅니다: {name}에 서로 다른 라벨이 두 개 있습니다. 하나만 남기고 다시 올려 주세요.',
    'Row {row} of the label file contradicts an earlier row: {name} has two different labels. Keep one of them and upload it again.',
  ),
  labels_unreadable: entry(
    422,
    '라벨 파일이 글자로 된 CSV 파일이 아닙니다. Excel에서 "CSV UTF-8(쉼표로 분리)"로 저장해 다시 올려 주세요.',
    'The label file is not a CSV text file. In Excel, save it as "CSV UTF-8 (Comma delimited)" and upload it again.',
  ),
  labels_empty: entry(
    422,
    '라벨 파일에 라벨이 없습니다. 각 줄에 "파일 이름,라벨"을 적어 다시 올려 주세요.',
    'The label file holds no labels. Write "filename,label" on each row and upload it again.',
  ),
  labels_too_many_classes: entry(
    422,
    '클래스가 {count}개로 한도 {limit}개를 넘습니다. 라벨 열이 맞는지 확인해 주세요.',
    'There are {count} classes, more than the limit of {limit}. Check that the label column is the right one.',
  ),

  // ---- training and inference (made by workers)
  training_no_labels: entry(
    422,
    '라벨이 있는 사진이 없어 학습할 수 없습니다. 클래스 폴더나 라벨 파일이 있는 데이터를 고르세요.',
    'No picture has a label, so nothing can be learned. Choose a dataset with class folders or a label file.',
  ),
  training_one_class: entry(
    422,
    '클래스가 "{name}" 하나뿐이라 분류를 학습할 수 없습니다. 두 개 이상의 클래스가 필요합니다.',
    'There is only one class, "{name}", so there is nothing to tell apart. Two or more classes are needed.',
  ),
  training_class_empty: entry(
    422,
    '학습에 쓸 사진이 없는 클래스가 있습니다: {name}. 그 클래스의 사진을 더 올리거나 클래스를 빼 주세요.',
    'A class has no picture to train on: {name}. Add pictures of it, or leave the class out.',
  ),
  training_too_few_pictures: entry(
    422,
    '라벨이 있는 사진이 {count}장뿐입니다. 이 분할에는 {needed}장 이상이 필요합니다. 사진을 더 올리거나 분할 비율을 바꿔 주세요.',
    'There are only {count} labelled pictures; this split needs at least {needed}. Add pictures or change the split.',
  ),
  training_diverged: entry(
    422,
    '학습이 발산했습니다 ({epoch}번째 에폭에서 손실이 유한한 수가 아님). learning_rate를 낮추어 다시 시작해 주세요.',
    'The training diverged (the loss is no longer a finite number in epoch {epoch}). Lower learning_rate and start again.',
  ),
  algorithm_unknown: entry(
    422,
    '알 수 없는 알고리즘입니다: {name}. 목록에서 다시 선택해 주세요.',
    'This algorithm is not known: {name}. Choose one from the list.',
  ),
  model_unreadable: entry(
    422,
    '모델 파일을 열 수 없거나 AI Studio에서 만든 모델이 아닙니다. 다른 모델을 선택하거나 다시 학습해 주세요.',
    'The model file cannot be opened or was not made by AI Studio. Choose another model or train it again.',
  ),
  dataset_unreadable: entry(
    422,
    '데이터 세트의 파일이 없거나 손상되었습니다. 데이터 세트를 다시 만들어 주세요.',
    'The files of the dataset are missing or damaged. Make the dataset again.',
  ),
  out_of_memory: entry(
    422,
    '작업에 허용된 메모리 {limitMb} MB가 모자랍니다. batch_size나 input_size를 낮추거나 더 큰 자원을 선택해 다시 시작해 주세요.',
    'The {limitMb} MB of memory that this job may use are not enough. Lower batch_size or input_size, or choose larger resources, and start again.',
  ),
  out_of_memory_data: entry(
    422,
    '데이터를 처리하는 데 메모리 {limitMb} MB가 모자랍니다. 더 작은 사진을 쓰거나 나누어 올려 주세요.',
    'The {limitMb} MB of memory for handling the data are not enough. Use smaller pictures, or upload them in parts.',
  ),
  disk_full: entry(
    507,
    '디스크에 남은 공간이 없습니다. 쓰지 않는 데이터를 지우거나 관리자에게 알린 뒤 다시 시도해 주세요.',
    'The disk is full. Delete data that is no longer needed or tell the administrator, then try again.',
  ),
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof CATALOGUE;

/** An expected failure. `details` is for the engineer and is not translated. */
export class StudioError extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly details: string | undefined;

  constructor(code: ErrorCode, params: ErrorParams = {}, details?: string) {
    super(sentence(code, params, 'en'));
    this.name = 'StudioError';
    this.code = code;
    this.params = params;
    this.details = details;
  }

  get status(): number {
    return CATALOGUE[this.code].status;
  }
}

/** The sentence of an error in a language, its parameters put in. */
export function sentence(code: ErrorCode, params: ErrorParams, language: Language): string {
  return CATALOGUE[code][language].replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** The form in which a failure is kept and sent: code, parameters and both sentences. */
export function failureOf(error: unknown): { code: ErrorCode; params: ErrorParams; ko: string; en: string } {
  const { code, params } = error instanceof StudioError ? error : { code: 'internal' as const, params: {} };
  return { code, params, ko: sentence(code, params, 'ko'), en: sentence(code, params, 'en') };
}
