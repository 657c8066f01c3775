import { words } from '../words.ts';

/** How the data of a training are divided: ratio, K folds, groups. */
export default words({
  'split.way': ['나누는 방식', 'Way of dividing'],
  'split.cross': ['교차 검증(Cross-Validation)', 'Cross-Validation'],
  'split.folds.text': [
    '데이터를 K개로 나누고, 하나씩 번갈아 Validation으로 쓰며 K번 학습합니다. 데이터가 적을 때 결과를 더 믿을 수 있습니다.',
    'The data are divided into K folds, and each is the validation part once: K trainings. With few pictures the result can be trusted more.',
  ],
  'split.folds': ['K-Value', 'K-Value'],
  'split.folds.hint': [
    '데이터를 몇 개로 나눌지 정합니다. 크게 하면 평가가 더 정확해지지만 그만큼 오래 걸립니다.',
    'How many folds. More make the evaluation more exact, and take proportionally longer.',
  ],
  'split.test.hint': [
    '어느 폴드에도 쓰지 않고 마지막 평가를 위해 남겨 두는 비율입니다. 0이면 남겨 두지 않습니다.',
    'The share that no fold sees, kept for the final evaluation. 0 keeps none.',
  ],
  'split.final': ['최종 모델', 'Final model'],
  'split.final.best': ['가장 좋은 폴드', 'Best fold'],
  'split.final.best.text': ['Validation 점수가 가장 좋은 폴드의 모델을 사용합니다.', 'The model of the fold with the best validation score.'],
  'split.final.refit': ['전체로 다시 학습', 'Refit on all folds'],
  'split.final.refit.text': [
    '모든 폴드를 합쳐 한 번 더 학습합니다. 이미지를 모두 쓰지만 한 번 더 걸립니다.',
    'Trains once more on all folds together. Every picture is used; one more training.',
  ],
  'split.folds.times': ['모두 {n}번 학습합니다.', '{n:training/trainings} in all.'],
  'split.folds.refit': ['모두 {n}번 학습합니다. 폴드 {folds}번과 마지막 1번입니다.', '{n:training/trainings} in all: {folds} folds and the last one.'],
  'split.grouped': ['같은 물건의 이미지를 함께 두기', 'Keep pictures of the same thing together'],
  'split.grouped.note': ['같은 부품을 여러 번 찍었다면 켜 주세요', 'For when one part was photographed more than once'],
  'split.grouped.hint': [
    '같은 부품의 이미지가 Training과 Test에 나뉘어 들어가면 성능이 실제보다 좋게 나옵니다. 파일 이름으로 묶어 한쪽에만 둡니다.',
    'With pictures of one part in both training and test, the scores look better than they are. Grouped by their names, they stay on one side.',
  ],
  'split.pattern': ['파일 이름 규칙', 'Pattern of the names'],
  'split.pattern.hint': [
    '{group} 자리에 있는 글자가 같으면 한 그룹입니다. *는 아무 글자나 뜻합니다. 예: A17_1.png와 A17_2.png는 {group}_*에서 A17 그룹입니다.',
    'What stands at {group} is the group; * is anything. With {group}_* the pictures A17_1.png and A17_2.png are the group A17.',
  ],
  'split.pattern.usual': ['자주 쓰는 규칙', 'Usual ones'],
  'split.pattern.need': ['파일 이름 규칙을 입력하거나 아래에서 골라 주세요.', 'Enter a pattern, or choose one below.'],
  'split.pattern.wrong': ['{group}을 한 번 넣어 주세요. 다른 중괄호는 쓸 수 없습니다.', 'Put {group} in, once. Other braces are not allowed.'],
  'split.groups': ['그룹', 'Groups'],
  'split.groups.looking': ['파일 이름을 확인하는 중입니다…', 'Looking at the names…'],
  'split.groups.none': [
    '이 규칙으로는 함께 묶이는 이미지가 없습니다. 아래 파일 이름을 보고 규칙을 고쳐 주세요.',
    'With this pattern no two pictures belong together. Look at the names below and change it.',
  ],
  'split.groups.found': [
    '그룹 {groups}개에 이미지 {together}장이 묶입니다. 가장 큰 그룹은 {largest}장이고, 나머지 {alone}장은 따로 나뉩니다.',
    '{groups} groups hold {together} pictures, the largest {largest}; the other {alone} are divided one by one.',
  ],
  'split.groups.more': ['외 {n}장', 'and {n} more'],
  'split.groups.alone': ['묶이지 않음', 'Alone'],
  'folds.title': ['교차 검증 결과', 'Cross-Validation'],
  'folds.hint': [
    '폴드마다 다른 이미지로 평가한 결과입니다. 폴드끼리 차이가 크면 이미지가 적거나 고르지 않다는 뜻입니다.',
    'Each fold was judged on other pictures. Where they differ much, there are few pictures, or they are uneven.',
  ],
  'folds.final.best': ['최종 모델: 폴드 {n}의 모델', 'Final model: that of fold {n}'],
  'folds.final.refit': ['최종 모델: 모든 폴드로 다시 학습한 모델', 'Final model: trained anew on all folds'],
  'folds.which': ['폴드', 'Fold'],
  'folds.fold': ['폴드 {n}', 'Fold {n}'],
  'folds.best': ['가장 좋음', 'Best'],
  'folds.training': ['Training 정확도 (%)', 'Training accuracy (%)'],
  'folds.validation': ['Validation 정확도 (%)', 'Validation accuracy (%)'],
  'folds.loss': ['Validation 손실', 'Validation loss'],
  'folds.pictures': ['Validation 이미지', 'Validation pictures'],
  'folds.epoch': ['최적 에포크', 'Best epoch'],
  'folds.mean': ['평균 ± 표준편차', 'Mean ± standard deviation'],
  'split.fact.way': ['Cross-Validation', 'Cross-Validation'],
  'split.fact.folds': ['{n}개 폴드', '{n:fold/folds}'],
});
