import { words } from '../words.ts';

/** The trash of a project. */
export default words({
  'trash.title': ['휴지통', 'Trash'],
  'trash.purpose': ['삭제한 데이터셋입니다. 기한이 지나면 완전히 삭제됩니다.', 'Deleted datasets. When their time is over they are gone for good.'],
  'trash.list': ['삭제한 데이터셋', 'Deleted datasets'],
  'trash.name': ['데이터셋', 'Dataset'],
  'trash.version': ['버전', 'Version'],
  'trash.count': ['개수', 'Items'],
  'trash.size': ['크기', 'Size'],
  'trash.at': ['삭제한 날', 'Deleted'],
  'trash.by': ['삭제한 사람', 'Deleted by'],
  'trash.ends': ['완전 삭제', 'Gone for good'],
  'trash.restore': ['복원', 'Restore'],
  'trash.restored': ['{name} v{version:을/를} 복원했습니다.', '{name} v{version} is back.'],
  'trash.purge': ['완전히 삭제', 'Delete for good'],
  'trash.purge.title': ['{name} v{version:을/를} 완전히 삭제할까요?', 'Delete {name} v{version} for good?'],
  'trash.purge.text': ['되돌릴 수 없습니다. {size}의 공간이 생깁니다.', 'This cannot be undone. It frees {size}.'],
  'trash.purged': ['완전히 삭제했습니다.', 'Deleted for good.'],
  'trash.empty': ['휴지통 비우기', 'Empty the trash'],
  'trash.empty.title': ['휴지통을 비울까요?', 'Empty the trash?'],
  'trash.none.title': ['휴지통이 비어 있습니다', 'The trash is empty'],
  'trash.none.text': ['삭제한 데이터셋은 여기에서 복원할 수 있습니다.', 'Datasets that are deleted can be restored here.'],
  'trash.back': ['데이터로 돌아가기', 'Back to the data'],
});
