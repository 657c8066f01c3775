import { words } from '../words.ts';

/** What a project takes along when it is deleted. */
export default words({
  'project.delete.images': ['데이터셋 {n}개 (이미지 {items}장)', '{n:dataset/datasets} with {items:image/images}'],
  'project.delete.rows': ['데이터셋 {n}개 ({items}행)', '{n:dataset/datasets} with {items:row/rows}'],
  'project.delete.experiments': ['실험 {n}개와 학습된 모델', '{n:experiment/experiments} and their trained models'],
  'project.delete.inferences': ['추론 결과 {n}개', '{n:inference result/inference results}'],
  'project.delete.annotation': [
    '진행 중인 라벨링 일감 {n}개 (라벨링한 이미지 {items}장)',
    '{n:annotation task/annotation tasks} in work with {items:labelled image/labelled images}',
  ],
  'project.delete.trash': ['휴지통의 데이터셋 {n}개', '{n:dataset/datasets} in the trash'],
  'project.delete.nothing': ['빈 프로젝트입니다. 삭제하면 되돌릴 수 없습니다.', 'It is empty. It cannot be brought back.'],
});
