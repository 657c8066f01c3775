import { words } from '../words.ts';

/** Pictures that are the same. */
export default words({
  'duplicates.title': ['똑같은 이미지', 'Pictures that are the same'],
  'duplicates.none': ['똑같은 이미지가 없습니다.', 'No two pictures are the same.'],
  'duplicates.some': [
    '똑같은 이미지가 {groups}묶음 있습니다. 남는 이미지는 {extra}장입니다. 학습과 테스트에 나뉘어 들어가면 성능이 실제보다 좋아 보입니다.',
    '{groups:group/groups} of equal pictures, {extra} more than needed. Learned from and tested on at once, they make a model look better than it is.',
  ],
  'duplicates.conflicts': [
    '{n}묶음은 똑같은 이미지에 서로 다른 라벨이 있습니다. 라벨을 확인해 주세요.',
    'In {n:group/groups} the same picture has different labels. Check them.',
  ],
  'duplicates.count': ['{n}장이 똑같습니다', '{n} equal pictures'],
  'duplicates.differ': ['라벨이 다름', 'Labels differ'],
  'duplicates.look': ['{name:과/와} 똑같은 이미지 크게 보기', 'Look at {name} and its copies'],
  'duplicates.rest': ['그 밖에 {n}장', '{n} more'],
  'duplicates.more': ['더 보기', 'Show more'],
});
