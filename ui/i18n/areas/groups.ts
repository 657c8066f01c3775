import { words } from '../words.ts';

export default words({
  'group.title': ['그룹', 'Group'],
  'group.purpose': ['내가 속한 그룹과 함께 일하는 사람을 봅니다.', 'The groups that you belong to, and who is in them.'],
  'group.table': ['그룹 목록', 'Groups'],
  'group.name': ['그룹', 'Group'],
  'group.status': ['상태', 'Status'],
  'group.start': ['시작일', 'Start Date'],
  'group.end': ['종료일', 'End Date'],
  'group.members': ['구성원', 'Members'],
  'group.description': ['설명', 'Description'],
  'group.description.none': ['설명이 없습니다.', 'No description.'],
  'group.details': ['상세 정보', 'Details'],
  'group.empty.title': ['아직 속한 그룹이 없습니다', 'You are not in a group yet'],
  'group.empty.text': ['관리자가 그룹에 추가하면 여기에 표시됩니다.', 'Groups appear here when an administrator adds you.'],
  'group.members.none': ['구성원이 없습니다.', 'Nobody is in this group.'],
});
