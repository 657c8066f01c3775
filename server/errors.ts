/**
 * The catalogue of errors: every failure that a person can meet, with its HTTP status and a sentence in Korean and in English that says what is wrong
 * and what to do next. `{name}` stands for a parameter. Workers and the daemon use the same catalogue.
 */
import { withParticles } from './particles.ts';

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
    '이 파일은 ZIP, TAR, 이미지(JPEG, PNG, WebP, TIFF, BMP, GIF) 중 어느 것도 아닙니다. 이미지를 ZIP 파일로 묶어 다시 올려 주세요.',
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
    '올린 파일에 이미지가 없습니다. JPEG, PNG, WebP, TIFF, BMP, GIF 이미지를 ZIP 파일로 묶어 다시 올려 주세요.',
    'There is no picture in the upload. Put JPEG, PNG, WebP, TIFF, BMP or GIF pictures into a ZIP file and upload it again.',
  ),
  no_usable_pictures: entry(
    422,
    '쓸 수 있는 이미지가 하나도 없습니다. 파일 {count}개를 모두 건너뛰었습니다 (첫 번째: {name}). 기록에서 이유를 확인하고 이미지를 고쳐 다시 올려 주세요.',
    'Not one picture can be used: all {count} files were skipped (the first: {name}). See the reasons in the log, repair the pictures and upload them again.',
  ),
  picture_damaged: entry(
    422,
    '이미지 파일이 손상되었거나 잘려 있습니다. 원본에서 다시 복사해 주세요.',
    'The picture file is damaged or cut off. Copy it again from its source.',
  ),
  picture_empty: entry(422, '파일이 비어 있습니다(0바이트).', 'The file is empty (0 bytes).'),
  picture_unsupported: entry(
    422,
    '지원하는 이미지 형식이 아닙니다. JPEG, PNG, WebP, TIFF(8·16비트), BMP, GIF로 저장해 주세요.',
    'This is not a picture in a supported format. Save it as JPEG, PNG, WebP, TIFF (8 or 16 bit), BMP or GIF.',
  ),
  picture_animated: entry(
    422,
    '여러 장면이나 쪽이 든 이미지(애니메이션, 여러 쪽 TIFF)는 쓸 수 없습니다. 한 장씩 저장해 주세요.',
    'A picture with several frames or pages (animation, multi-page TIFF) cannot be used. Save each as a picture of its own.',
  ),
  picture_file_too_large: entry(
    422,
    '이미지 파일이 한도 {limitMb} MB보다 큽니다. 작게 저장하거나 관리자에게 한도를 높여 달라고 하세요.',
    'The picture file is larger than the limit of {limitMb} MB. Save it smaller, or ask the administrator to raise the limit.',
  ),
  picture_too_many_pixels: entry(
    422,
    '이미지가 너무 큽니다: {width}×{height}. 한도는 {limitMp}메가픽셀입니다. 크기를 줄여 주세요.',
    'The picture is too large: {width}×{height}. The limit is {limitMp} megapixels. Make it smaller.',
  ),
  nested_archive: entry(
    422,
    '압축 파일 안에 또 압축 파일이 있습니다. 풀어서 이미지를 직접 올려 주세요.',
    'This is an archive within the archive. Unpack it and upload the pictures themselves.',
  ),
  zip_method_unsupported: entry(
    422,
    '지원하지 않는 방식으로 압축된 파일입니다. 일반 ZIP(Deflate) 방식으로 다시 압축해 주세요.',
    'The file was compressed with a method that is not supported. Compress it again as an ordinary ZIP (Deflate).',
  ),
  labels_nothing: entry(
    422,
    '라벨 파일 {file}에 적힌 이미지 이름이 이 데이터셋의 이미지와 하나도 맞지 않습니다. 이 데이터셋의 라벨 파일인지, 이름이 같은지 확인해 주세요.',
    'No picture that the label file {file} names is in this dataset. Check that it belongs to this dataset and that the names are the same.',
  ),
  label_file_damaged: entry(
    422,
    '라벨 파일 {file}이(가) 손상되어 압축을 풀 수 없습니다. 압축을 다시 만들어 올려 주세요.',
    'The label file {file} in the archive is damaged. Make the archive again and upload it.',
  ),
  labels_busy: entry(
    409,
    '이 데이터셋의 라벨을 등록하는 중입니다. 끝난 뒤 다시 시도해 주세요.',
    'Labels of this dataset are being read in right now. Try again when that has finished.',
  ),

  // ---- training and inference (made by workers)
  training_no_labels: entry(
    422,
    '라벨이 있는 이미지가 없어 학습할 수 없습니다. 클래스 폴더나 라벨 파일이 있는 데이터를 고르세요.',
    'No picture has a label, so nothing can be learned. Choose a dataset with class folders or a label file.',
  ),
  training_one_class: entry(
    422,
    '클래스가 "{name}" 하나뿐이라 분류를 학습할 수 없습니다. 두 개 이상의 클래스가 필요합니다.',
    'There is only one class, "{name}", so there is nothing to tell apart. Two or more classes are needed.',
  ),
  training_class_empty: entry(
    422,
    '학습에 쓸 이미지가 없는 클래스가 있습니다: {name}. 그 클래스의 이미지를 더 올리거나 클래스를 빼 주세요.',
    'A class has no picture to train on: {name}. Add pictures of it, or leave the class out.',
  ),
  training_too_few_pictures: entry(
    422,
    '라벨이 있는 이미지가 {count}장뿐입니다. 이 분할에는 {needed}장 이상이 필요합니다. 이미지를 더 올리거나 분할 비율을 바꿔 주세요.',
    'There are only {count} labelled pictures; this split needs at least {needed}. Add pictures or change the split.',
  ),
  training_diverged: entry(
    422,
    '학습이 발산했습니다 ({epoch}번째 에포크에서 손실이 유한한 수가 아님). learning_rate를 낮추어 다시 시작해 주세요.',
    'The training diverged (the loss is no longer a finite number in epoch {epoch}). Lower learning_rate and start again.',
  ),
  algorithm_unknown: entry(
    422,
    '알 수 없는 알고리즘입니다: {name}. 목록에서 다시 선택해 주세요.',
    'This algorithm is not known: {name}. Choose one from the list.',
  ),
  weights_damaged: entry(
    422,
    '가중치 파일이 손상되었거나 끝까지 올라오지 않았습니다. 파일을 다시 받아 올려 주세요.',
    'The file of weights is damaged or incomplete. Get it again and upload it again.',
  ),
  weights_foreign: entry(
    422,
    '가중치(텐서) 말고 다른 것이 들어 있어 안전하게 읽을 수 없습니다: {name}. PyTorch에서 torch.save(model.state_dict(), 파일)로 가중치만 저장해 올려 주세요.',
    'The file holds something else than weights, so it cannot be read safely: {name}. Save the weights alone with torch.save(model.state_dict(), file) and upload that.',
  ),
  weights_no_tensors: entry(
    422,
    '파일에서 가중치를 찾을 수 없거나, 가중치만 들어 있는 파일이 아닙니다. PyTorch에서 torch.save(model.state_dict(), 파일)로 가중치만 저장해 올려 주세요.',
    'There are no weights in the file, or it is not made of weights alone. Save them with torch.save(model.state_dict(), file) and upload that.',
  ),
  weights_type: entry(
    422,
    '가중치가 읽을 수 없는 숫자 형식으로 저장되어 있습니다. 16, 32 또는 64비트 실수로 저장해 올려 주세요.',
    'The weights are saved as numbers of a kind that is not read. Save them as floats of 16, 32 or 64 bits.',
  ),
  weights_unknown: entry(
    422,
    '알 수 없는 파일 형식입니다. .safetensors, PyTorch .pth/.pt 또는 .onnx 파일을 올려 주세요.',
    'The file is of a format that is not known. Upload a .safetensors, a PyTorch .pth or .pt, or an .onnx file.',
  ),
  weights_onnx_large: entry(
    422,
    'ONNX 파일은 {limitMb} MB까지 읽을 수 있습니다. 같은 가중치를 .safetensors나 PyTorch .pth 파일로 저장해 올려 주세요.',
    'ONNX files of up to {limitMb} MB can be read. Save the same weights as a .safetensors or a PyTorch .pth file and upload that.',
  ),
  weights_too_large: entry(
    422,
    '가중치 파일을 읽는 데 메모리 {limitMb} MB가 모자랍니다. 가중치만 32비트 실수로 .safetensors 파일에 저장해 올려 주세요.',
    'The {limitMb} MB of memory for reading the file of weights are not enough. Save the weights alone, as floats of 32 bits, as a .safetensors file and upload that.',
  ),
  weights_no_match: entry(
    422,
    '어느 알고리즘의 가중치도 아닙니다. 가장 비슷한 {name}도 {total}개 중 {matched}개만 맞습니다. torchvision 또는 timm의 같은 모델인지 확인해 주세요.',
    'These are not the weights of any of the algorithms: even of {name}, the most alike, only {matched} of {total} fit. Make sure that it is the same model of torchvision or timm.',
  ),
  weights_onnx_no_match: entry(
    422,
    'ONNX 파일에 어느 알고리즘의 가중치도 제 이름으로 들어 있지 않습니다. 가장 비슷한 {name}도 {total}개 중 {matched}개만 맞습니다. ONNX로 내보낼 때 가중치가 합쳐지거나 이름이 바뀌는 경우가 많습니다. 같은 모델의 가중치를 .safetensors 파일이나, torch.save(model.state_dict(), 파일)로 저장한 .pth 파일로 올려 주세요.',
    'The ONNX file does not hold the weights of any algorithm under their names: even of {name}, the most alike, only {matched} of {total} fit. Exporting to ONNX often merges and renames weights. Upload the weights of the same model as a .safetensors file, or as a .pth that torch.save(model.state_dict(), file) has written.',
  ),
  weights_not_finite: entry(
    422,
    '{name}에 숫자가 아닌 값(NaN 또는 무한대)이 있어 사용할 수 없습니다. 다른 가중치 파일을 올려 주세요.',
    '{name} has values that are no numbers (NaN or infinite), so the file cannot be used. Upload another one.',
  ),
  weights_file_gone: entry(
    404,
    '서버 폴더에 {name} 파일이 없습니다. 목록을 새로 고쳐 주세요.',
    'There is no file {name} in the folder of the server. Reload the list.',
  ),
  weights_in_use: entry(
    409,
    '{name}에서 사용하고 있어 삭제할 수 없습니다. 그 학습이 끝난 뒤에 다시 시도해 주세요.',
    'They are used by {name} and cannot be deleted now. Try again when that training has ended.',
  ),
  model_in_use: entry(
    409,
    '버전 {version}에서 시작한 {name}이(가) 아직 학습 중이라 삭제할 수 없습니다. 그 학습이 끝난 뒤에 다시 시도해 주세요.',
    '{name} has begun with version {version} and is still training, so it cannot be deleted now. Try again when that training has ended.',
  ),
  start_missing: entry(
    422,
    '시작 가중치를 찾을 수 없습니다: {name}. 삭제되었을 수 있으니 Algorithm 단계에서 다시 선택해 주세요.',
    'The weights to begin with are not there: {name}. They may have been deleted; choose again in the Algorithm step.',
  ),
  start_unreadable: entry(
    422,
    '시작 가중치를 읽을 수 없습니다: {name}. 파일이 손상되었을 수 있으니 Algorithm 단계에서 다른 것을 선택하거나 관리자에게 다시 등록해 달라고 하세요.',
    'The weights to begin with cannot be read: {name}. Their file may be damaged; choose others in the Algorithm step, or ask your administrator to add them again.',
  ),
  start_other_algorithm: entry(
    422,
    '‘{name}’은(는) {own}의 가중치라 {algorithm} 학습에 사용할 수 없습니다. 같은 알고리즘의 가중치를 선택해 주세요.',
    '{name} has the weights of {own} and cannot be used for {algorithm}. Choose weights of the same algorithm.',
  ),
  freeze_stages_too_many: entry(
    422,
    'freeze_stages {stages}은(는) {name}에 너무 큽니다. 학습할 층이 남도록 {most} 이하로 입력해 주세요.',
    'freeze_stages {stages} is too many for {name}: enter {most} at most, so that there is something left to train.',
  ),
  input_size_too_small: entry(
    422,
    'input_size {size}은(는) {name}에 너무 작습니다. {least} 이상으로 높이거나 다른 알고리즘을 선택해 주세요.',
    'input_size {size} is too small for {name}: enter {least} at least, or choose another algorithm.',
  ),
  batch_of_one: entry(
    422,
    'input_size {size}에서는 {name} 모델이 이미지를 한 장씩(batch_size 1) 학습할 수 없습니다. batch_size를 2 이상으로, 또는 input_size를 {least} 이상으로 높여 주세요.',
    'At input_size {size}, {name} cannot learn from one picture at a time (batch_size 1). Raise batch_size to 2 at least, or input_size to {least} at least.',
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
  out_of_memory_batch: entry(
    422,
    '작업에 허용된 메모리 {limitMb} MB가 모자랍니다. batch_size를 {batch}에서 {proposed}(으)로 낮추거나 더 큰 자원을 선택해 다시 시작해 주세요.',
    'The {limitMb} MB of memory that this job may use are not enough. Lower batch_size from {batch} to {proposed}, or choose larger resources, and start again.',
  ),
  out_of_memory_inference: entry(
    422,
    '이 모델로 추론하기에는 메모리 {limitMb} MB가 모자랍니다. 관리자에게 appliance.conf의 queue.light_memory_mb 값을 늘려 달라고 요청해 주세요.',
    'The {limitMb} MB of memory that an inference may use are not enough for this model. Ask an administrator to raise queue.light_memory_mb in appliance.conf.',
  ),
  out_of_memory_data: entry(
    422,
    '데이터를 처리하는 데 메모리 {limitMb} MB가 모자랍니다. 더 작은 이미지를 쓰거나 나누어 올려 주세요.',
    'The {limitMb} MB of memory for handling the data are not enough. Use smaller pictures, or upload them in parts.',
  ),
  out_of_gpu_memory: entry(
    422,
    '작업이 GPU 메모리 {usedMb} MB를 사용하여 허용된 {limitMb} MB를 넘었습니다. batch_size나 input_size를 낮추거나 GPU 메모리가 더 큰 자원을 선택해 다시 시작해 주세요.',
    'The job used {usedMb} MB of the memory of the GPU; it may use {limitMb} MB. Lower batch_size or input_size, or choose resources with more GPU memory, and start again.',
  ),
  out_of_gpu_memory_batch: entry(
    422,
    '작업이 GPU 메모리 {usedMb} MB를 사용하여 허용된 {limitMb} MB를 넘었습니다. batch_size를 {batch}에서 {proposed}(으)로 낮추거나 GPU 메모리가 더 큰 자원을 선택해 다시 시작해 주세요.',
    'The job used {usedMb} MB of the memory of the GPU; it may use {limitMb} MB. Lower batch_size from {batch} to {proposed}, or choose resources with more GPU memory, and start again.',
  ),
  gpu_full: entry(
    422,
    'GPU 메모리가 모자랍니다. input_size를 낮추거나 GPU 메모리가 더 큰 자원을 선택해 다시 시작해 주세요.',
    'The memory of the GPU is not enough. Lower input_size, or choose resources with more GPU memory, and start again.',
  ),
  gpu_full_batch: entry(
    422,
    'GPU 메모리가 모자랍니다. batch_size를 {batch}에서 {proposed}(으)로 낮추거나 GPU 메모리가 더 큰 자원을 선택해 다시 시작해 주세요.',
    'The memory of the GPU is not enough. Lower batch_size from {batch} to {proposed}, or choose resources with more GPU memory, and start again.',
  ),
  gpu_full_now: entry(
    422,
    'GPU 메모리가 모자랍니다. GPU를 쓰는 다른 작업이 끝난 뒤 다시 시도해 주세요.',
    'The memory of the GPU is not enough. Try again when other jobs on the GPU have ended.',
  ),
  disk_full: entry(
    507,
    '디스크에 남은 공간이 없습니다. 쓰지 않는 데이터를 지우거나 관리자에게 알린 뒤 다시 시도해 주세요.',
    'The disk is full. Delete data that is no longer needed or tell the administrator, then try again.',
  ),
  not_signed_in: entry(401, '로그인이 필요합니다. 로그인한 뒤 다시 시도해 주세요.', 'You are not signed in. Sign in and try again.'),
  sign_in_failed: entry(
    401,
    '사용자 ID 또는 비밀번호가 올바르지 않습니다. 확인한 뒤 다시 입력해 주세요.',
    'The user ID or the password is not right. Check both and try again.',
  ),
  account_disabled: entry(403, '사용이 중지된 계정입니다. 관리자에게 문의해 주세요.', 'This account is disabled. Ask your administrator.'),
  too_many_attempts: entry(
    429,
    '로그인 시도가 너무 많았습니다. {seconds}초 뒤에 다시 시도해 주세요.',
    'Too many attempts to sign in. Try again in {seconds} seconds.',
  ),
  too_many_requests: entry(429, '요청이 너무 많습니다. {seconds}초 뒤에 다시 시도해 주세요.', 'Too many requests. Try again in {seconds} seconds.'),
  role_forbidden: entry(
    403,
    '이 기능을 사용할 권한이 없습니다. 필요하면 관리자에게 권한을 요청해 주세요.',
    'Your role does not allow this. Ask your administrator if you need it.',
  ),
  stale_page: entry(403, '이 페이지가 오래되었습니다. 페이지를 새로 고친 뒤 다시 시도해 주세요.', 'This page is out of date. Reload it and try again.'),
  wrong_origin: entry(
    403,
    '다른 사이트에서 온 요청이라 거부했습니다. AI Studio 주소에서 직접 접속해 주세요.',
    'This request came from another site and was refused. Open AI Studio at its own address.',
  ),
  setup_done: entry(409, '초기 설정이 이미 끝났습니다. 로그인해 주세요.', 'AI Studio is set up already. Sign in.'),
  setup_code_wrong: entry(
    403,
    '설정 코드가 올바르지 않습니다. AI Studio를 시작한 화면에 표시된 코드를 입력해 주세요.',
    'The set-up code is not right. Enter the code that was shown where AI Studio was started.',
  ),
  user_id_taken: entry(409, '사용자 ID "{userId}"은(는) 이미 사용 중입니다. 다른 ID를 입력해 주세요.', 'The user ID "{userId}" is taken. Choose another one.'),
  current_password_wrong: entry(400, '현재 비밀번호가 올바르지 않습니다. 다시 입력해 주세요.', 'Your current password is not right. Enter it again.'),
  last_admin: entry(
    409,
    '마지막 관리자는 삭제하거나 권한을 바꿀 수 없습니다. 먼저 다른 관리자를 만들어 주세요.',
    'The last administrator cannot be removed, disabled or given another role. Make another administrator first.',
  ),
  user_owns_projects: entry(
    409,
    '이 사용자는 프로젝트 {count}개의 소유자라서 삭제할 수 없습니다. 대신 계정 사용을 중지해 주세요.',
    'This person owns {count} project(s) and cannot be deleted. Disable the account instead.',
  ),
  group_unknown: entry(400, '그룹을 찾을 수 없습니다. 목록에서 다시 선택해 주세요.', 'There is no such group. Choose one from the list.'),
  group_name_taken: entry(
    409,
    '그룹 이름 "{name}"은(는) 이미 사용 중입니다. 다른 이름을 입력해 주세요.',
    'There is a group named "{name}" already. Choose another name.',
  ),
  group_not_yours: entry(403, '속하지 않은 그룹입니다. 내가 속한 그룹을 선택해 주세요.', 'You are not a member of this group. Choose one of your groups.'),
  group_ended: entry(
    409,
    '"{name}" 그룹은 사용 기간이 끝났습니다. 다른 그룹을 선택하거나 관리자에게 기간 연장을 요청해 주세요.',
    'The group "{name}" has ended. Choose another group, or ask your administrator to extend it.',
  ),
  no_group: entry(
    409,
    '속한 그룹이 없습니다. 관리자에게 그룹에 추가해 달라고 요청해 주세요.',
    'You are in no group. Ask your administrator to add you to one.',
  ),
  read_only: entry(
    403,
    '동료의 프로젝트는 볼 수만 있고 변경할 수 없습니다. 소유자나 관리자에게 요청해 주세요.',
    "You can look at a colleague's project but not change it. Ask its owner or an administrator.",
  ),
  project_completed: entry(
    409,
    '완료된 프로젝트는 조회만 할 수 있습니다. 계속하려면 상태를 Working으로 변경해 주세요.',
    'A completed project can only be looked at. Change its status to Working to go on.',
  ),
  project_name_taken: entry(
    409,
    '이 그룹에 "{name}" 프로젝트가 이미 있습니다. 다른 이름을 입력해 주세요.',
    'This group has a project named "{name}" already. Choose another name.',
  ),
  project_busy: entry(
    409,
    '이 프로젝트에서 실행 중이거나 대기 중인 작업이 {count}개 있습니다. 끝나기를 기다리거나 중지한 뒤 다시 시도해 주세요.',
    '{count} job(s) of this project are running or waiting. Wait for them or stop them, then try again.',
  ),
  project_data_in_use: entry(
    409,
    '이 프로젝트가 공유한 ‘{dataset}’ 데이터셋을 다른 프로젝트에서 사용 중이라 삭제할 수 없습니다(모두 {count}곳, 예: ‘{other}’ 프로젝트의 {ko}). 그곳에서 먼저 삭제하거나 담당자에게 요청해 주세요.',
    'Other projects use the dataset {dataset} that this project shares ({count} in all, such as {en} of the project {other}), so it cannot be deleted. Delete those first, or ask their owners.',
  ),
  project_status_refused: entry(
    409,
    '프로젝트 상태를 {from}에서 {to}(으)로 바꿀 수 없습니다. Working 상태는 학습이 시작되면 자동으로 설정됩니다.',
    'The status of a project cannot be changed from {from} to {to}. It becomes Working by itself when a training starts.',
  ),
  upload_missing: entry(404, '업로드한 파일을 찾을 수 없습니다. 파일을 다시 업로드해 주세요.', 'The uploaded file is not there any more. Upload it again.'),
  upload_incomplete: entry(
    409,
    '파일 업로드가 아직 끝나지 않았습니다. 업로드가 끝난 뒤 다시 시도해 주세요.',
    'The upload has not finished yet. Try again when it has.',
  ),
  upload_too_large: entry(
    413,
    '파일이 너무 큽니다. 한 번에 {limit}까지 업로드할 수 있습니다. 나누어 올리거나 관리자에게 문의해 주세요.',
    'The file is too large: at most {limit} can be uploaded at once. Split it, or ask your administrator.',
  ),
  upload_size_missing: entry(
    400,
    '업로드할 파일의 크기를 알 수 없습니다. 다른 브라우저로 다시 시도해 주세요.',
    'The size of the upload is not known. Try again with another browser.',
  ),
  too_many_uploads: entry(
    429,
    '한 번에 {count}개까지만 업로드할 수 있습니다. 진행 중인 업로드가 끝난 뒤 다시 시도해 주세요.',
    'At most {count} uploads at once are possible. Wait for the others to finish.',
  ),
  too_many_downloads: entry(
    429,
    '데이터셋은 한 번에 {count}개까지만 다운로드할 수 있습니다. 진행 중인 다운로드가 끝난 뒤 다시 시도해 주세요.',
    'At most {count} datasets can be downloaded at once. Wait until one of your downloads has ended, then try again.',
  ),
  upload_no_space: entry(
    507,
    '디스크 공간이 부족합니다. {need}이(가) 필요하지만 {free}만 남았습니다. 필요 없는 데이터셋을 삭제하거나 관리자에게 문의해 주세요.',
    'There is not enough disk space: {need} are needed and {free} are free. Delete datasets that are no longer needed, or ask your administrator.',
  ),
  payload_too_large: entry(413, '보낸 내용이 너무 큽니다. 내용을 줄여 다시 시도해 주세요.', 'What was sent is too large. Make it shorter and try again.'),
  unsupported_content: entry(415, '지원하지 않는 형식의 요청입니다. JSON으로 보내 주세요.', 'This kind of content is not supported here. Send JSON.'),
  dataset_ingesting: entry(
    409,
    '데이터를 아직 읽는 중입니다. 끝난 뒤 다시 시도해 주세요.',
    'The data is still being read in. Try again when that has finished.',
  ),
  dataset_failed: entry(
    409,
    '올린 파일을 처리하지 못한 데이터셋입니다. 데이터셋 화면에서 원인을 확인하고 다시 시도해 주세요.',
    'This dataset could not be made of its upload. Look at the reason on its page, and try again there.',
  ),
  dataset_not_failed: entry(409, '이미 다시 처리하고 있거나 처리가 끝난 데이터셋입니다.', 'This dataset is being made again already, or is there by now.'),
  trash_disk_full: entry(
    507,
    '디스크가 가득 차 ‘{name}’ 데이터셋을 휴지통으로 옮길 수 없습니다. 휴지통을 비우거나 이 데이터셋을 바로 완전히 삭제해 주세요.',
    'The disk is full: {name} cannot go to the trash. Empty the trash, or delete this dataset for good at once.',
  ),
  preprocess_busy: entry(
    409,
    '이 프로젝트에서 전처리가 이미 진행 중입니다({title}). 끝난 뒤 다시 적용하거나 먼저 중지해 주세요.',
    'A preprocessing is under way in this project already ({title}). Wait until it has ended, or stop it first.',
  ),
  preprocess_method_unknown: entry(
    400,
    '‘{method}’ 전처리 방법은 이 데이터에 사용할 수 없습니다. 목록에 있는 방법을 골라 주세요.',
    'There is no method {method} for this data. Choose one from the list.',
  ),
  preprocess_bad_value: entry(
    400,
    '전처리 방법 {method}의 값 {name}이(가) 올바르지 않습니다. 표시된 범위 안의 값으로 고쳐 주세요.',
    'The value {name} of the method {method} is not valid. Give one within the range that is shown.',
  ),
  preprocess_too_many: entry(
    409,
    '전처리 결과가 이미지 {limit}장을 넘습니다. 조각을 크게 하거나 복사본 수를 줄여 주세요.',
    'The result would have more than {limit} pictures. Make the parts larger or the copies fewer.',
  ),
  preprocess_nothing_left: entry(
    409,
    '전처리 뒤에 남는 이미지가 없습니다. 라벨이 없는 조각을 버리는 설정을 꺼 주세요.',
    'No picture is left. Do not leave out the parts without labels.',
  ),
  preview_failed: entry(503, '미리 보기를 만들지 못했습니다. 잠시 뒤 다시 시도해 주세요.', 'The preview could not be drawn. Try again in a moment.'),
  dataset_unlabelled: entry(
    409,
    '라벨이 없는 데이터가 있어 학습에 사용할 수 없습니다. 모든 이미지에 라벨을 등록해 주세요.',
    'Some pictures have no label, so it cannot be used for training. Give every picture a label.',
  ),
  problem_without_trainer: entry(
    409,
    '이 종류의 모델은 아직 학습할 수 없습니다. 데이터와 라벨은 지금 준비해 두실 수 있습니다.',
    'Models of this kind cannot be trained yet. Its data and labels can be prepared now.',
  ),
  problem_unknown: entry(
    400,
    '이 데이터 유형에는 없는 모델입니다. 프로젝트의 문제 정의에서 모델을 다시 선택해 주세요.',
    'There is no such model for this type of data. Choose the model again in the definition of the project.',
  ),
  dataset_other_type: entry(
    400,
    '이미지 프로젝트가 아니어서 이미지를 올릴 수 없습니다. 이미지 프로젝트를 만들어 올려 주세요.',
    'This project is not for pictures. Make a project for images and upload them there.',
  ),
  dataset_one_class: entry(
    409,
    '클래스가 하나뿐이라 분류 모델을 학습할 수 없습니다. 클래스가 두 개 이상인 데이터를 올려 주세요.',
    'There is only one class, so there is nothing to tell apart. Upload data with two or more classes.',
  ),
  dataset_too_small: entry(
    409,
    '이미지가 {needed}장보다 적어 학습할 수 없습니다. 이미지를 더 올려 주세요.',
    'There are fewer than {needed} pictures, too few to train with. Upload more.',
  ),
  dataset_in_use: entry(
    409,
    '이 데이터셋은 {count}곳(예: {ko})에서 사용 중이라 삭제할 수 없습니다. 먼저 해당 실험이나 추론, 라벨링 일감을 삭제해 주세요.',
    'This dataset is used in {count} place(s), such as {en}, and cannot be deleted. Delete those experiments, inferences or annotation tasks first.',
  ),
  dataset_not_here: entry(
    400,
    '이 프로젝트에서 사용할 수 없는 데이터셋입니다. 목록에서 다시 선택해 주세요.',
    'This dataset cannot be used in this project. Choose one from the list.',
  ),
  split_sum: entry(
    400,
    'Training, Validation, Test의 합은 100이어야 합니다. 지금은 {sum}입니다.',
    'Training, validation and test must add up to 100; they add up to {sum}.',
  ),
  preset_unknown: entry(400, '"{name}" 자원 프리셋이 없습니다. 목록에서 선택해 주세요.', 'There is no preset named "{name}". Choose one from the list.'),
  preset_too_large: entry(
    409,
    '이 장비의 자원으로는 "{name}" 프리셋을 실행할 수 없습니다. 더 작은 프리셋을 선택해 주세요.',
    'This box is too small for the preset "{name}". Choose a smaller one.',
  ),
  preset_name_taken: entry(400, '"{name}" 프리셋이 두 번 있습니다. 이름을 다르게 해 주세요.', 'Two presets are named "{name}". Give one another name.'),
  preset_over_box: entry(
    400,
    '"{name}" 프리셋이 이 장비보다 큽니다. 코어, 메모리 또는 GPU를 줄여 주세요.',
    'The preset "{name}" asks for more than this box has. Lower its cores, memory or GPU.',
  ),
  preset_in_use: entry(
    409,
    '"{name}" 프리셋으로 대기 중이거나 실행 중인 작업이 {count}개 있어 지우거나 이름을 바꿀 수 없습니다. 끝난 뒤에 다시 시도해 주세요. 코어와 메모리는 바꿀 수 있습니다.',
    'The preset "{name}" cannot be removed or renamed while {count} job(s) wait or run with it. Try again when they have ended; its cores and memory can be changed now.',
  ),
  experiment_refused: entry(
    409,
    '"{status}" 상태의 실험에서는 할 수 없는 작업입니다: {action}. 목록을 새로 고쳐 지금 상태를 확인해 주세요.',
    'This is not possible with an experiment that is {status}: {action}. Load the list again to see its state now.',
  ),
  model_not_usable: entry(
    409,
    '추론에 사용할 수 있는 모델이 없습니다. 학습이 끝난 실험을 선택해 주세요.',
    'There is no model to use. Choose an experiment whose training has succeeded.',
  ),
  experiment_in_use: entry(
    409,
    '이 모델로 진행 중인 추론이 있습니다. 끝나기를 기다리거나 중지한 뒤 다시 시도해 주세요.',
    'An inference with this model is going on. Wait for it or stop it, then try again.',
  ),
  inference_running: entry(
    409,
    '추론이 아직 끝나지 않았습니다. 중지하거나 끝난 뒤 다시 시도해 주세요.',
    'The inference has not finished. Stop it, or try again when it has finished.',
  ),
  results_not_ready: entry(
    409,
    '추론 결과가 아직 없습니다. 추론이 끝난 뒤 다시 시도해 주세요.',
    'There are no results yet. Try again when the inference has finished.',
  ),
  experiment_winding_down: entry(
    409,
    '이 실험의 학습이 아직 끝나는 중입니다. 잠시 뒤에 다시 삭제해 주세요.',
    'Trainings of this experiment are still being ended. Delete it again in a moment.',
  ),
  automl_twice: entry(
    400,
    '알고리즘 "{name}"이(가) 두 번 선택되었습니다. 알고리즘마다 한 번만 선택해 주세요.',
    'The algorithm "{name}" was chosen twice. Choose each algorithm once.',
  ),
  hpo_nothing_to_search: entry(400, 'HPO를 적용할 파라미터가 없습니다. 하나 이상의 파라미터에 체크해 주세요.', 'No parameter is searched. Check at least one.'),
  hpo_parameter_unknown: entry(
    400,
    '"{name}" 파라미터에는 HPO를 적용할 수 없습니다. 목록에 있는 파라미터를 선택해 주세요.',
    'The parameter "{name}" cannot be searched. Choose one from the list.',
  ),
  hpo_range: entry(
    400,
    '"{name}" 파라미터의 검색 범위가 올바르지 않습니다. 최솟값이 최댓값보다 크지 않은지, 로그 척도라면 0보다 큰지, 허용 범위 안에 있는지 확인해 주세요.',
    'The range of "{name}" is not valid. Check that the lowest value is not above the highest, that a log scale starts above 0, and that all values are allowed.',
  ),
  hpo_limit: entry(
    400,
    '{field} 값은 {limit} 이하여야 합니다. 값을 낮추거나 관리자에게 한도를 높여 달라고 하세요.',
    '{field} can be {limit} at most. Lower it, or ask the administrator to raise the limit.',
  ),
  hpo_stopping_folds: entry(
    400,
    'Cross-Validation에서는 Trial을 중간에 멈추는 규칙을 사용할 수 없습니다. 조기 종료를 "없음"으로 바꾸거나 비율 분할을 선택해 주세요.',
    'With cross-validation trials cannot be ended early. Choose no stopping rule, or split by ratio.',
  ),
  hpo_submit_refused: entry(
    409,
    '아직 Submit할 수 없습니다. 목표를 달성한 Trial이 있어야 하고, 끝까지 학습된(Succeeded) Trial만 선택할 수 있습니다.',
    'Submit is not possible yet: a trial must have reached the goal, and only a trial that has succeeded can be chosen.',
  ),
  hpo_goal_not_reached: entry(
    409,
    '모든 Trial이 끝났지만 {metric} 목표 {goal}에 도달하지 못했습니다(최고 {best}). 목표를 낮추거나 Trial 수와 검색 범위를 늘려 다시 시작해 주세요.',
    'All trials have ended and none reached the goal of {goal} for {metric} (the best: {best}). Lower the goal, or search with more trials or wider ranges.',
  ),
  hpo_too_many_failed: entry(
    409,
    'Trial {count}개가 실패하여 HPO를 끝냈습니다. Trial의 로그에서 이유를 확인하고 파라미터 범위나 자원을 바꾸어 다시 시작해 주세요.',
    '{count} trial(s) failed, so the HPO was given up. See the reasons in the logs of the trials, change the ranges or the resources, and start again.',
  ),
  trial_stopped: entry(409, 'Trial이 도중에 중지되었습니다.', 'The trial was stopped on the way.'),
  preflight_out_of_memory: entry(
    409,
    '지금 사용할 수 있는 메모리 {limitMb} MB로는 사전 점검을 끝낼 수 없었습니다. batch_size나 input_size를 낮추거나, 실행 중인 작업이 끝난 뒤 다시 점검해 주세요.',
    'The check could not be finished with the {limitMb} MB of memory that are free now. Lower batch_size or input_size, or check again when other jobs have ended.',
  ),
  preflight_gpu_busy: entry(
    409,
    '다른 작업이 GPU를 사용하고 있어 지금은 사전 점검을 할 수 없습니다. 점검 없이 시작하거나, 그 작업이 끝난 뒤 다시 점검해 주세요.',
    'Other jobs have the GPU, so the check cannot be made now. Start without it, or check again when they have ended.',
  ),
  preflight_gpu_missing: entry(
    409,
    '선택한 자원의 GPU를 지금 찾을 수 없어 사전 점검을 할 수 없습니다. 시작하면 GPU를 다시 찾을 때까지 대기합니다. 다른 자원을 선택하거나 GPU와 드라이버를 확인해 주세요.',
    'The GPU of the chosen resources is not there now, so the check cannot be made. What you start waits until the GPU is back. Choose other resources, or check the GPU and its driver.',
  ),
  preflight_memory: entry(
    409,
    '메모리가 약 {neededMb} MB 필요하지만 선택한 자원은 {limitMb} MB입니다. batch_size를 {proposed} 이하로 낮추거나 더 큰 자원을 선택해 주세요.',
    'About {neededMb} MB of memory are needed, and the chosen resources allow {limitMb} MB. Lower batch_size to {proposed}, or choose larger resources.',
  ),
  preflight_memory_none: entry(
    409,
    '메모리가 약 {neededMb} MB 필요하지만 선택한 자원은 {limitMb} MB이고, batch_size를 1로 낮추어도 부족합니다. 더 큰 자원이나 더 작은 알고리즘, 더 작은 input_size를 선택해 주세요.',
    'About {neededMb} MB of memory are needed, and the chosen resources allow {limitMb} MB: not enough even with batch_size 1. Choose larger resources, a smaller algorithm or a smaller input_size.',
  ),
  preflight_gpu_memory: entry(
    409,
    'GPU 메모리가 약 {neededMb} MB 필요하지만 선택한 자원은 {limitMb} MB입니다. batch_size를 {proposed} 이하로 낮추거나 GPU 메모리가 더 큰 자원을 선택해 주세요.',
    'About {neededMb} MB of GPU memory are needed, and the chosen resources allow {limitMb} MB. Lower batch_size to {proposed}, or choose resources with more GPU memory.',
  ),
  preflight_gpu_memory_none: entry(
    409,
    'GPU 메모리가 약 {neededMb} MB 필요하지만 선택한 자원은 {limitMb} MB이고, batch_size를 1로 낮추어도 부족합니다. GPU 메모리가 더 큰 자원이나 더 작은 알고리즘, 더 작은 input_size를 선택해 주세요.',
    'About {neededMb} MB of GPU memory are needed, and the chosen resources allow {limitMb} MB: not enough even with batch_size 1. Choose resources with more GPU memory, a smaller algorithm or a smaller input_size.',
  ),
  preflight_small_class: entry(
    409,
    '클래스 "{name}"의 이미지가 {count}장뿐입니다. 이 클래스는 잘 구분하지 못할 수 있으니 이미지를 더 모아 주세요.',
    'The class "{name}" has only {count} picture(s). The model may not tell it apart well; collect more pictures of it.',
  ),
  preflight_batch_over_set: entry(
    409,
    'batch_size {batch}이(가) 학습 이미지 {count}장보다 큽니다. 실제로는 {count}(으)로 학습합니다.',
    'batch_size {batch} is more than the {count} training pictures; {count} will be used.',
  ),
  preflight_no_groups: entry(
    409,
    '파일 이름 패턴 "{pattern}"(으)로 묶이는 이미지가 없습니다. 패턴을 확인해 주세요.',
    'No pictures are kept together by the pattern "{pattern}". Check it.',
  ),
  not_the_owner: entry(
    403,
    '만든 사람이나 관리자만 변경하거나 삭제할 수 있습니다. 필요하면 만든 사람에게 요청해 주세요.',
    'Only the person who made it and administrators can change or delete it. Ask them if you need it.',
  ),
  template_name_taken: entry(
    409,
    '이 그룹에 "{name}" 템플릿이 이미 있습니다. 다른 이름을 입력해 주세요.',
    'This group has a template named "{name}" already. Choose another name.',
  ),
  template_problem: entry(
    409,
    '템플릿 "{name}"은(는) {own} 문제용이라 {project} 프로젝트에서 사용할 수 없습니다. 문제 정의가 같은 템플릿을 선택해 주세요.',
    'The template "{name}" is for {own}, and this project is about {project}. Choose a template for the same problem.',
  ),
  template_group: entry(
    409,
    '템플릿 "{name}"은(는) {group} 그룹의 것이라 이 프로젝트에서 사용할 수 없습니다. 같은 그룹의 프로젝트를 로드해 주세요.',
    'The template "{name}" belongs to the group {group}. Load a project of that group to use it.',
  ),
  model_name_taken: entry(
    409,
    '이 그룹에 "{name}" 모델이 이미 있습니다. 다른 이름을 입력하거나, 목록에서 그 모델을 선택해 새 버전으로 등록해 주세요.',
    'This group has a model named "{name}" already. Choose another name, or choose that model to register a new version of it.',
  ),
  model_problem: entry(
    409,
    '모델 "{name}"은(는) {own} 문제용이라 {project} 프로젝트의 모델을 버전으로 등록할 수 없습니다. 새 모델로 등록해 주세요.',
    'The model "{name}" is for {own}, and this project is about {project}. Register it as a new model.',
  ),
  job_over: entry(409, '이미 끝난 작업입니다.', 'This job is over already.'),
  stopped_before_model: entry(
    409,
    '첫 에포크가 끝나기 전에 중지되어 사용할 수 있는 모델이 없습니다. 다시 실행해 주세요.',
    'It was stopped before the first epoch had ended, so there is no model. Run it again.',
  ),
  worker_crashed: entry(
    500,
    '작업 프로세스가 예기치 않게 종료되었습니다. 다시 시도하고, 되풀이되면 관리자에게 작업 번호 {job}의 로그를 확인해 달라고 해 주세요.',
    'The process that did the work ended unexpectedly. Try again; if it happens again, ask your administrator to look at the log of job {job}.',
  ),
  device_refused: entry(
    409,
    '설정에서 지정한 {device} 장치를 이 장비에서 사용할 수 없습니다. 이유는 모니터 화면에 있습니다. 설정을 "auto"로 바꾸거나 관리자에게 문의해 주세요.',
    'The settings name {device} to compute on, which this box cannot use. The Monitor page says why. Set it to "auto", or ask your administrator.',
  ),
  device_unfit: entry(
    422,
    '설정에서 지정한 {device} 장치에서 이 작업을 실행할 수 없습니다. batch_size나 input_size를 낮추거나 장치를 "auto"로 바꾸어 다시 시작해 주세요.',
    '{device}, which the settings name to compute on, cannot do this work. Lower batch_size or input_size, or set the device to "auto", and start again.',
  ),
  device_slow: entry(
    409,
    '{device} 장치가 작동하지만 CPU보다 빠르지 않습니다. 설정에서 직접 지정할 때만 사용합니다.',
    '{device} works, but not faster than the CPU. It is used only where the settings name it.',
  ),
  device_unsupported: entry(
    409,
    '이 운영체제와 프로세서에서는 {device} 장치를 지원하지 않습니다.',
    '{device} is not supported on this operating system and processor.',
  ),
  device_not_installed: entry(
    409,
    '{device} 라이브러리가 설치되어 있지 않습니다. NVIDIA GPU가 있는 장비라면 관리자가 설치할 수 있습니다.',
    'The libraries of {device} are not installed. On a box with an NVIDIA GPU the administrator can install them.',
  ),
  device_no_gpu: entry(409, '{device}에서 사용할 수 있는 GPU나 드라이버를 찾지 못했습니다.', 'No GPU, or no driver of one, was found that {device} can use.'),
  device_wrong: entry(
    409,
    '{device}의 계산 결과가 CPU와 달라 사용하지 않습니다. GPU 드라이버를 업데이트해 주세요.',
    '{device} gives other results than the CPU and is not used. Update the driver of the GPU.',
  ),
  device_failed: entry(
    409,
    '{device} 장치를 시험하는 중에 오류가 발생했습니다. GPU 드라이버를 확인해 주세요.',
    'An error came up when {device} was tried. Check the driver of the GPU.',
  ),
  device_crashed: entry(
    409,
    '{device} 장치를 시험하던 프로세스가 비정상 종료되었습니다. GPU 드라이버를 확인해 주세요.',
    'The process that tried {device} crashed. Check the driver of the GPU.',
  ),
  device_silent: entry(
    409,
    '{device} 장치를 시험했지만 2분 안에 응답이 없었습니다. GPU 드라이버를 확인해 주세요.',
    '{device} was tried, but gave no answer within two minutes. Check the driver of the GPU.',
  ),
  worker_keeps_crashing: entry(
    500,
    '이 작업을 시작한 직후 AI Studio가 {count}번 연달아 종료되었습니다. 설정을 바꾸어 다시 실행하거나 관리자에게 문의해 주세요.',
    'AI Studio ended {count} times in a row right after this work had been started. Run it with other settings, or ask your administrator.',
  ),
  label_format_unsuited: entry(
    400,
    '이 데이터셋의 라벨은 그 형식으로 내려받을 수 없습니다. 목록에서 다른 형식을 선택해 주세요.',
    'The labels of this dataset cannot be downloaded in that format. Choose another one from the list.',
  ),
  label_format_unknown: entry(
    400,
    '라벨 파일의 형식을 알 수 없습니다. COCO JSON, YOLO txt, Pascal VOC XML, LabelMe JSON, 마스크 PNG, 또는 filename,label 열이 있는 CSV 파일을 올려 주세요.',
    'The format of the label files is not known. Upload COCO JSON, YOLO txt, Pascal VOC XML, LabelMe JSON, mask PNGs, or a CSV file with the columns filename,label.',
  ),
  label_file_too_large: entry(
    413,
    '라벨 파일 {file}이(가) 너무 큽니다(최대 {limit} MB). 파일을 나누어 올려 주세요.',
    'The label file {file} is too large (limit {limit} MB). Split it and upload the parts.',
  ),
  label_too_many: entry(
    413,
    '라벨이나 클래스가 너무 많습니다(최대 {limit}개). 데이터셋을 나누어 올려 주세요.',
    'There are too many labels or classes (limit {limit}). Split the dataset.',
  ),
  label_encoding: entry(
    400,
    '라벨 파일 {file}의 문자 인코딩을 알 수 없습니다. UTF-8이나 CP949로 저장한 뒤 다시 올려 주세요.',
    'The text encoding of the label file {file} is not known. Save it as UTF-8 or CP949 and upload it again.',
  ),
  label_json: entry(
    400,
    '라벨 파일 {file}은(는) 올바른 JSON이 아닙니다: {detail}. 파일을 다시 내보낸 뒤 올려 주세요.',
    'The label file {file} is not valid JSON: {detail}. Export it again and upload it.',
  ),
  label_too_deep: entry(
    400,
    '라벨 파일 {file}의 중첩이 너무 깊습니다(최대 {limit}단계). 올바른 라벨 파일인지 확인해 주세요.',
    'The label file {file} is nested too deeply (limit {limit} levels). Check that it is a label file.',
  ),
  label_structure: entry(
    400,
    '라벨 파일 {file}에 필요한 항목이 없습니다: {detail}. 형식을 확인한 뒤 다시 올려 주세요.',
    'The label file {file} lacks what its format requires: {detail}. Check the format and upload it again.',
  ),
  label_xml: entry(
    400,
    '라벨 파일 {file}은(는) 올바른 XML이 아닙니다: {detail}. 파일을 다시 내보낸 뒤 올려 주세요.',
    'The label file {file} is not valid XML: {detail}. Export it again and upload it.',
  ),
  label_xml_entities: entry(
    400,
    '라벨 파일 {file}에 DOCTYPE이나 엔터티 선언이 있어 안전을 위해 읽지 않았습니다. 그 줄을 지우고 다시 올려 주세요.',
    'The label file {file} declares a DOCTYPE or entities and was not read, for safety. Remove those lines and upload it again.',
  ),
  label_csv: entry(
    400,
    '라벨 파일 {file}은(는) 올바른 CSV가 아닙니다: {detail}. 첫 행이 filename,label인지, 따옴표가 닫혀 있는지 확인해 주세요.',
    'The label file {file} is not valid CSV: {detail}. Check that its first row is filename,label and that all quotes are closed.',
  ),
  label_mask: entry(
    400,
    '마스크 파일 {file}을(를) 읽을 수 없습니다: {detail}. 손실 없는 PNG로 저장한 뒤 다시 올려 주세요.',
    'The mask file {file} cannot be read: {detail}. Save it as a lossless PNG and upload it again.',
  ),
  label_size_unknown: entry(
    400,
    '이미지 {picture}의 크기를 몰라 이 형식으로 내보낼 수 없습니다. 이미지가 있는 데이터셋에서 내보내 주세요.',
    'The size of the picture {picture} is not known, so its labels cannot be written in this format. Export from a dataset that has the pictures.',
  ),
  // ---- tables (made by workers)
  table_not_recognised: entry(
    422,
    '이 파일은 표(CSV, TSV, XLSX, ODS)가 아닙니다. Excel에서 CSV UTF-8 또는 XLSX로 저장한 뒤 다시 올려 주세요.',
    'This file is not a table (CSV, TSV, XLSX or ODS). In Excel, save it as CSV UTF-8 or XLSX and upload it again.',
  ),
  table_excel_old: entry(
    422,
    '예전 Excel 형식(XLS)이거나 암호가 걸린 파일은 읽을 수 없습니다. Excel에서 암호 없이 XLSX로 저장한 뒤 다시 올려 주세요.',
    'Files of the old Excel format (XLS) and files with a password cannot be read. In Excel, save it as XLSX without a password and upload it again.',
  ),
  table_empty: entry(
    422,
    '파일에 데이터 행이 없습니다. 데이터가 있는 파일이나 시트를 선택해 주세요.',
    'There are no rows of data. Choose a file or a sheet with data.',
  ),
  table_encoding: entry(
    422,
    '파일을 {encoding} 인코딩으로 읽을 수 없습니다. 다른 인코딩을 선택하거나 CSV UTF-8로 저장한 뒤 다시 올려 주세요.',
    'The file cannot be read as {encoding}. Choose another encoding, or save it as CSV UTF-8 and upload it again.',
  ),
  table_row_too_long: entry(
    422,
    '{row}행이 너무 깁니다. 따옴표가 닫히지 않았거나 표가 아닐 수 있습니다. 파일을 고친 뒤 다시 올려 주세요.',
    'Row {row} is too long. A quote may not be closed, or this is no table. Correct the file and upload it again.',
  ),
  table_quote_open: entry(
    422,
    '{row}행에서 시작한 따옴표가 끝까지 닫히지 않았습니다. 파일을 고친 뒤 다시 올려 주세요.',
    'A quote that opens in row {row} is never closed. Correct the file and upload it again.',
  ),
  table_ragged: entry(
    422,
    '열({columns}개)보다 칸이 많은 행이 {count}개 있습니다(처음: {row}행). 구분 기호를 확인하거나, 구분 기호가 든 값을 따옴표로 묶어 주세요.',
    '{count} rows have more cells than there are columns ({columns}); the first is row {row}. Check the delimiter, or put values that contain it in quotes.',
  ),
  table_too_many_columns: entry(
    422,
    '열이 너무 많습니다(최대 {limit}개). 필요한 열만 남긴 뒤 다시 올려 주세요.',
    'There are too many columns (limit {limit}). Keep those that are needed and upload it again.',
  ),
  table_too_many_rows: entry(
    422,
    '행이 너무 많습니다(최대 {limit}개). 파일을 나누어 올려 주세요.',
    'There are too many rows (limit {limit}). Split the file and upload the parts.',
  ),
  table_too_large: entry(
    422,
    '표가 너무 큽니다. 열이 {columns}개이면 행은 최대 {limit}개입니다. 열이나 행을 줄인 뒤 다시 올려 주세요.',
    'The table is too large: with {columns} columns at most {limit} rows are possible. Leave out columns or rows and upload it again.',
  ),
  table_too_many_categories: entry(
    422,
    '범주형 열 ‘{column}’에 서로 다른 값이 너무 많습니다(최대 {limit}개). 이 열의 형식을 텍스트나 숫자로 바꾸거나 제외해 주세요.',
    'The categorical column {column} has too many different values (limit {limit}). Make it text or numbers, or leave it out.',
  ),
  table_no_sheet: entry(422, '파일에 ‘{name}’ 시트가 없습니다. 다른 시트를 선택해 주세요.', 'There is no sheet {name} in the file. Choose another sheet.'),
  table_workbook_damaged: entry(
    422,
    'Excel 파일이 손상되어 읽을 수 없습니다. Excel에서 열어 다시 저장한 뒤 올려 주세요.',
    'The Excel file is damaged and cannot be read. Open it in Excel, save it again and upload it.',
  ),
  table_workbook_entities: entry(
    422,
    'Excel 파일 안에 문서 형식 선언(DTD)이 있습니다. 안전하지 않으므로 읽지 않았습니다. Excel에서 다시 저장한 뒤 올려 주세요.',
    'The Excel file declares a document type (DTD). This is not safe, so it was not read. Save it again in Excel and upload it.',
  ),
  table_zip_files: entry(
    422,
    '압축 파일에 표가 {count}개 있습니다. 표는 한 번에 하나만 올릴 수 있습니다. 하나만 골라 CSV, TSV, XLSX 파일로 올려 주세요.',
    'There are {count} tables in the archive, and only one can be uploaded at a time. Upload one of them as a CSV, TSV or XLSX file.',
  ),
  table_sort_too_long: entry(
    422,
    '텍스트 열 ‘{column}’은(는) 행이 {limit}개를 넘어 정렬할 수 없습니다. 다른 열로 정렬하거나 검색해 주세요.',
    'The text column {column} has more than {limit} rows and cannot be sorted by. Sort by another column, or search in it.',
  ),
  table_columns_changed: entry(
    409,
    '미리 보기 때와 파일의 열이 다릅니다. 미리 보기를 다시 연 뒤 만들어 주세요.',
    'The columns of the file are not those of the preview. Open the preview again and make the dataset then.',
  ),
  table_no_columns: entry(400, '사용할 열을 하나 이상 선택해 주세요.', 'Choose at least one column to keep.'),
  table_target_missing: entry(
    400,
    '예측할 열 ‘{name}’이(가) 사용할 열에 없습니다. 다른 열을 선택해 주세요.',
    'The target column {name} is not among the columns that are kept. Choose another one.',
  ),
  table_target_type: entry(
    400,
    '열 ‘{name}’은(는) 이 문제에서 예측할 수 없는 형식입니다. 분류는 범주형, 회귀는 정수나 실수 열이 필요합니다.',
    'The column {name} is not of a type that can be predicted here: classification needs a categorical column, regression an integer or real one.',
  ),
  table_not_for_pictures: entry(
    409,
    '이 프로젝트는 표가 아니라 이미지를 다룹니다. 표를 사용하려면 Tabular 프로젝트를 만들어 주세요.',
    'This project works with pictures, not tables. Make a project of the type Tabular for tables.',
  ),
  dataset_missing_values: entry(
    409,
    '결측치가 있는 데이터셋으로는 학습할 수 없습니다. 전처리에서 결측치를 채우거나 제거해 주세요.',
    'A dataset with missing values cannot be trained with. Fill or drop the missing values under Preprocess.',
  ),
  dataset_no_target: entry(
    409,
    '예측할 열(라벨)이 없습니다. 데이터셋을 만들 때 예측할 열을 선택해 주세요.',
    'There is no target column (label). Choose one when the dataset is made.',
  ),
  // ---- annotation
  annotation_dataset: entry(
    409,
    '이미지가 있는 데이터셋에만 라벨링 작업을 만들 수 있습니다. 이미지 데이터셋을 선택해 주세요.',
    'Only a dataset with pictures can be labelled here. Choose one.',
  ),
  annotation_labelled: entry(
    409,
    '이미 라벨이 있는 데이터셋입니다. 라벨이 없는 데이터셋을 선택해 주세요.',
    'This dataset has labels already. Choose one without labels.',
  ),
  annotation_exists: entry(
    409,
    '이 데이터셋의 라벨링 작업이 이미 진행 중입니다. 라벨링 메뉴에서 확인해 주세요.',
    'This dataset is being labelled already. See the Annotation menu.',
  ),
  annotation_no_people: entry(400, '작업자를 한 명 이상 선택해 주세요.', 'Choose one person at least.'),
  annotation_person_unknown: entry(
    400,
    '이 그룹에서 이 일을 맡을 수 없는 사용자가 있습니다. 목록에서 다시 선택해 주세요.',
    'Somebody who was chosen cannot do this in this group. Choose from the list.',
  ),
  annotation_kiosk_problem: entry(
    400,
    '키오스크에서는 이미지마다 라벨 하나를 고르는 분류 작업만 할 수 있습니다. 영역을 그리는 작업은 사람에게 배정해 주세요.',
    'Kiosk stations can only give each picture one label. Give work with shapes to people.',
  ),
  annotation_outdated: entry(
    409,
    '{by} 님이 그사이 이 이미지를 저장했습니다. 덮어쓰지 않았습니다. 새 내용을 확인한 뒤 다시 저장해 주세요.',
    '{by} has saved this picture meanwhile. Nothing was overwritten. Look at what there is now, then save again.',
  ),
  annotation_completed: entry(409, '완료된 작업은 수정할 수 없습니다.', 'This task is completed (or just being completed) and cannot be changed.'),
  annotation_not_yours: entry(
    403,
    '다른 작업자에게 배정된 이미지입니다. 필요하면 검수자 {name} 님에게 재배정을 요청해 주세요.',
    'This was given to somebody else. Ask the reviewer, {name}, if you should do it.',
  ),
  annotation_not_reviewer: entry(
    403,
    '검수자 {name} 님만 할 수 있습니다. 필요하면 검수자에게 요청해 주세요.',
    'Only the reviewer, {name}, can do this. Ask them if it is needed.',
  ),
  annotation_part_done: entry(
    409,
    '검수자에게 완료를 알린 뒤에는 수정할 수 없습니다. 수정이 필요하면 검수자 {name} 님에게 반려를 요청해 주세요.',
    'You have told the reviewer that this is done. To change something, ask the reviewer, {name}, to return it.',
  ),
  annotation_picture_accepted: entry(
    409,
    '검수를 통과한 이미지는 수정할 수 없습니다. 수정이 필요하면 검수자 {name} 님에게 알려 주세요.',
    'The reviewer has accepted this picture. To change something, ask the reviewer, {name}.',
  ),
  annotation_part_state: entry(
    409,
    '지금 상태에서는 할 수 없는 작업입니다. 화면을 새로 고쳐 상태를 확인해 주세요.',
    'This is not possible in the state that it is in now. Reload the page to see it.',
  ),
  annotation_not_finished: entry(
    409,
    '아직 라벨링하지 않은 이미지가 {count}장 있습니다. 라벨을 지정하거나 삭제로 표시해 주세요.',
    '{count} picture(s) are not labelled yet. Label them, or mark them to delete.',
  ),
  annotation_returned_left: entry(
    409,
    '검수자가 돌려보낸 이미지 {count}장이 아직 수정되지 않았습니다. 먼저 수정해 주세요.',
    '{count} picture(s) that the reviewer has returned were not corrected yet. Correct them first.',
  ),
  annotation_nothing_left: entry(
    409,
    '모든 이미지가 삭제로 표시되어 완료할 수 없습니다. 한 장 이상 라벨링해 주세요.',
    'All pictures are marked to delete. Label one at least.',
  ),
  annotation_nothing_to_do: entry(409, '해당하는 이미지가 없습니다. 범위를 바꾸어 주세요.', 'There is no such picture. Choose others.'),
  annotation_unlabelled: entry(400, '라벨이 없는 이미지입니다. 먼저 라벨을 선택해 주세요.', 'This picture has no label. Choose one first.'),
  annotation_class_deleted: entry(
    409,
    '라벨 "{name}"이(가) 그사이 삭제되었습니다. 다른 라벨을 선택해 주세요.',
    'The label "{name}" was deleted meanwhile. Choose another one.',
  ),
  annotation_class_used: entry(
    403,
    '라벨 "{name}"은(는) 다른 작업자의 이미지나 이미 완료를 알린 이미지에도 쓰였습니다. 삭제가 필요하면 검수자 {reviewer} 님에게 요청해 주세요.',
    'The label "{name}" is also used in pictures of others, or in ones that were reported as done. To have it deleted, ask the reviewer, {reviewer}.',
  ),
  annotation_class_taken: entry(
    409,
    '라벨 "{name}"이(가) 이미 있습니다. 다른 이름을 입력해 주세요.',
    'There is a label "{name}" already. Choose another name.',
  ),
  annotation_key_taken: entry(
    409,
    '단축키 "{key}"은(는) 라벨 "{name}"에서 사용 중입니다. 다른 키를 선택해 주세요.',
    'The key "{key}" belongs to the label "{name}". Choose another key.',
  ),
  annotation_too_many_classes: entry(409, '라벨은 {limit}개까지 만들 수 있습니다.', 'There can be {limit} labels at most.'),
  annotation_shape_kind: entry(
    400,
    '{number}번째 영역은 이 문제 정의에서 사용할 수 없는 종류입니다.',
    'Shape {number} is of a kind that this problem does not have.',
  ),
  annotation_shape_empty: entry(
    400,
    '{number}번째 영역은 넓이가 없습니다. 다시 그리거나 지워 주세요.',
    'Shape {number} has no area. Draw it again, or remove it.',
  ),
  annotation_shape_outside: entry(
    400,
    '{number}번째 영역이 이미지 밖에 있습니다. 이미지 안으로 옮기거나 지워 주세요.',
    'Shape {number} lies outside the picture. Move it into the picture, or remove it.',
  ),
  annotation_too_many_shapes: entry(
    409,
    '한 이미지에는 영역을 {limit}개까지 그릴 수 있습니다. 필요 없는 영역을 지워 주세요.',
    'A picture can have {limit} shapes at most. Remove those that are not needed.',
  ),
  annotation_mask_size: entry(
    400,
    '{number}번째 마스크의 크기가 이미지({width} × {height})와 다릅니다.',
    'Mask {number} is of another size than the picture ({width} × {height}).',
  ),
  annotation_shape_unlabelled: entry(
    400,
    '{number}번째 영역에 라벨이 없습니다. 라벨을 선택한 뒤 완료로 표시해 주세요.',
    'Shape {number} has no label. Choose one before the picture is done.',
  ),
  annotation_no_trainer: entry(
    409,
    '이 문제 정의는 아직 자동 라벨링을 지원하지 않습니다. 직접 라벨링해 주세요.',
    'There is no model for this problem yet that could label for you. Label by hand.',
  ),
  annotation_too_few_labels: entry(
    409,
    'Default 모델이 학습하려면 두 가지 이상의 라벨로 이미지를 {needed}장 이상 라벨링해야 합니다.',
    'The Default model needs {needed} labelled pictures, of two labels at least, to learn from.',
  ),
  kiosk_not_enrolled: entry(
    401,
    '등록되지 않은 키오스크입니다. 관리자에게 등록 코드를 받아 입력해 주세요.',
    'This kiosk station is not enrolled. Ask the administrator for a code and enter it.',
  ),
  kiosk_not_signed_in: entry(401, '로그인이 끝났습니다. PIN이나 사원증으로 다시 로그인해 주세요.', 'You are signed out. Sign in again with your PIN or badge.'),
  kiosk_code_wrong: entry(
    400,
    '등록 코드가 올바르지 않거나 시간이 지났습니다. 관리자에게 새 코드를 요청해 주세요.',
    'This code is wrong or too old. Ask the administrator for a new one.',
  ),
  kiosk_sign_in_failed: entry(
    401,
    'PIN 또는 사원증 번호가 올바르지 않습니다. 다시 시도하고, 모르면 관리자에게 문의해 주세요.',
    'The PIN or badge number is not right. Try again; if you do not know it, ask the administrator.',
  ),
  kiosk_badge_taken: entry(
    409,
    '다른 사람에게 등록된 사원증 번호입니다. 번호를 확인해 주세요.',
    'This badge number belongs to somebody else. Check the number.',
  ),
  annotation_auto_running: entry(
    409,
    '이 작업의 자동 라벨링이 이미 진행 중입니다. 끝나기를 기다리거나 중지해 주세요.',
    'A model is at work in this task already. Wait for it, or stop it.',
  ),
  // ---- preprocessing of tables (made by workers)
  preprocess_column: entry(
    422,
    '열 ‘{column}’이(가) 없거나 이 방법에 맞지 않는 형식입니다. 앞 단계에서 이름이나 형식이 바뀌었는지 확인해 주세요.',
    'The column {column} is not there, or its type does not suit this method. See whether an earlier step has changed it.',
  ),
  preprocess_target: entry(
    422,
    '예측할 열 ‘{column}’은(는) 이 방법으로 바꿀 수 없습니다. 다른 열을 선택해 주세요.',
    'The target column {column} cannot be changed by this method. Choose other columns.',
  ),
  preprocess_constant: entry(
    422,
    '‘{value}’은(는) 열 ‘{column}’의 형식에 맞지 않습니다. 다른 값을 입력하거나 열을 선택해 주세요. 날짜는 2026-03-01처럼 입력합니다.',
    'The value {value} does not fit the type of the column {column}. Enter another value or choose the columns. Write dates as 2026-03-01.',
  ),
  preprocess_logarithm: entry(
    422,
    '열 ‘{column}’에 {above} 이하인 값이 있어 로그를 계산할 수 없습니다. 다른 열이나 방법을 선택해 주세요.',
    'The column {column} has values of {above} or less, which have no logarithm. Choose other columns or another kind.',
  ),
  preprocess_expression: entry(
    422,
    '계산식을 이해할 수 없습니다({place}번째 글자 근처). 열 이름은 [열 이름]처럼 적고 괄호와 연산자를 확인해 주세요.',
    'The expression cannot be understood (near character {place}). Write columns as [name] and check parentheses and operators.',
  ),
  preprocess_too_many_categories: entry(
    422,
    '열 ‘{column}’의 값이 {count}가지라 열로 나눌 수 없습니다(최대 {limit}가지). 순서 인코딩을 사용하거나 열을 제외해 주세요.',
    'The column {column} has {count} categories, too many to make columns of (limit {limit}). Use ordinal encoding, or leave it out.',
  ),
  preprocess_no_rows: entry(
    422,
    '전처리하면 행이 하나도 남지 않습니다. 행을 제거하는 단계를 고쳐 주세요.',
    'No row would be left. Change the step that removes rows.',
  ),
  preprocess_no_columns: entry(
    422,
    '전처리하면 열이 하나도 남지 않습니다. 열을 제거하는 단계를 고쳐 주세요.',
    'No column would be left. Change the step that removes columns.',
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

/** What projects, templates and models are for. */
const PROBLEMS: { [problem: string]: { [L in Language]: string } } = {
  'image / classification': { ko: '이미지 · 분류', en: 'Image · Classification' },
  'image / detection': { ko: '이미지 · 객체 탐지', en: 'Image · Detection' },
  'image / instance_segmentation': { ko: '이미지 · 인스턴스 분할', en: 'Image · Instance Segmentation' },
  'image / semantic_segmentation': { ko: '이미지 · 시맨틱 분할', en: 'Image · Semantic Segmentation' },
  'tabular / classification': { ko: '표 · 분류', en: 'Tabular · Classification' },
  'tabular / regression': { ko: '표 · 회귀', en: 'Tabular · Regression' },
  'tabular / clustering': { ko: '표 · 군집화', en: 'Tabular · Clustering' },
  'tabular / dimension_reduction': { ko: '표 · 차원 축소', en: 'Tabular · Dimension Reduction' },
};

/** Parameters that are states, actions and problems: their words on the screen. */
const WORDS: { [param: string]: { [value: string]: { [L in Language]: string } } } = {
  own: PROBLEMS,
  project: PROBLEMS,
  status: {
    draft: { ko: '초안', en: 'a draft' },
    pending: { ko: '대기 중', en: 'pending' },
    running: { ko: '실행 중', en: 'running' },
    succeeded: { ko: '완료', en: 'succeeded' },
    aborted: { ko: '중지됨', en: 'aborted' },
    failed: { ko: '실패', en: 'failed' },
    published: { ko: '등록됨', en: 'published' },
  },
  action: {
    run: { ko: '학습(Run)', en: 'Run' },
    hpo: { ko: '최적값 탐색(HPO)', en: 'HPO' },
    automl: { ko: '자동 비교(AutoML)', en: 'AutoML' },
    rename: { ko: '모델 이름 변경', en: 'Change Model Name' },
    stop: { ko: '중지', en: 'Stop' },
    infer: { ko: '추론', en: 'Inference' },
    template: { ko: '템플릿으로 저장', en: 'Save as a template' },
    register: { ko: '모델로 등록', en: 'Register Model' },
    delete: { ko: '삭제', en: 'Delete' },
  },
};

/** The sentence of an error in a language, its parameters put in. */
export function sentence(code: ErrorCode, params: ErrorParams, language: Language): string {
  const text = CATALOGUE[code][language].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : (WORDS[name]?.[value]?.[language] ?? String(value));
  });
  return language === 'ko' ? withParticles(text) : text;
}

/** Whether the system refused to write because there is no room. */
export const isDiskFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(String((error as { code?: unknown } | null | undefined)?.code));

/** The form in which a failure is kept and sent: code, parameters and both sentences. */
export function failureOf(error: unknown): { code: ErrorCode; params: ErrorParams; ko: string; en: string } {
  const { code, params } = error instanceof StudioError ? error : new StudioError(isDiskFull(error) ? 'disk_full' : 'internal');
  return { code, params, ko: sentence(code, params, 'ko'), en: sentence(code, params, 'en') };
}
