import { words } from '../words.ts';

/** Several experiments side by side. */
export default words({
  'compare.title': ['실험 비교', 'Compare experiments'],
  'compare.purpose': [
    '실험을 골라 그래프와 표에서 한눈에 비교합니다. 서로 다른 설정은 표시됩니다.',
    'Choose experiments and see them in one graph and one table. Settings that differ are marked.',
  ],
  'compare.choose': ['비교할 실험', 'Experiments'],
  'compare.search': ['실험 찾기', 'Find an experiment'],
  'compare.limit': ['한 번에 {n}개까지 비교할 수 있습니다.', 'Up to {n} at a time.'],
  'compare.none': ['비교할 실험을 두 개 이상 선택해 주세요.', 'Choose two experiments or more.'],
  'compare.empty.title': ['비교할 실험이 없습니다', 'Nothing to compare yet'],
  'compare.empty.text': ['학습이 끝난 실험이 두 개 이상이면 여기에서 비교할 수 있습니다.', 'With two finished experiments you can compare them here.'],
  'compare.graph': ['그래프', 'Graph'],
  'compare.metric': ['항목', 'Metric'],
  'compare.table': ['설정과 결과', 'Settings and results'],
  'compare.item': ['항목', 'Item'],
  'compare.differs': ['서로 다름', 'Differs'],
  'compare.onlyDifferent': ['다른 항목만 보기', 'Only what differs'],
  'compare.accuracy': ['{part} 정확도 (%)', '{part} accuracy (%)'],
});
