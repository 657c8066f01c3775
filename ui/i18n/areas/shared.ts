import { words } from '../words.ts';

/** Datasets that other projects of the group share. */
export default words({
  'shared.button': ['공유 데이터셋 사용', 'Use a shared dataset'],
  'shared.title': ['그룹에서 공유한 데이터셋', 'Datasets shared in the group'],
  'shared.text': [
    '다른 프로젝트에서 Shared로 공개한 같은 종류의 데이터셋입니다. 올리지 않고 이 프로젝트에서 바로 사용할 수 있습니다.',
    'Datasets of the same kind that other projects have made Shared. They can be used in this project without uploading them again.',
  ],
  'shared.none': [
    '공유한 데이터셋이 없습니다. 다른 프로젝트의 데이터셋 수정에서 공개 범위를 Shared로 바꾸면 여기에 나타납니다.',
    'No dataset is shared. Set one of another project to Shared under Edit and it is listed here.',
  ],
  'shared.search': ['이름, 설명, 만든 사람 검색', 'Search by name, description or person'],
  'shared.nothing': ['찾는 데이터셋이 없습니다.', 'No dataset matches.'],
  'shared.use': ['이 데이터셋 열기', 'Open this dataset'],
  'shared.facts.pictures': ['이미지 {n}장', '{n:picture/pictures}'],
  'shared.facts.rows': ['{n}행', '{n:row/rows}'],
  'shared.facts.labels': ['라벨: {label}', 'Labels: {label}'],
  'shared.from': [
    '다른 프로젝트에서 공유한 데이터셋입니다. 실험으로 내보내면 이 프로젝트에 초안이 생깁니다.',
    'Shared by another project. Exported, it becomes a draft in this project.',
  ],
});
