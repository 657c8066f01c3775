import { words } from '../words.ts';

/** Home: the projects. */
export default words({
  'home.title': ['홈', 'Home'],
  'home.heading': ['프로젝트', 'Projects'],
  'home.purpose': ['작업할 프로젝트를 선택해 로드하거나 새 프로젝트를 만듭니다.', 'Choose a project to work on and load it, or create a new one.'],
  'home.table': ['프로젝트 목록', 'Projects'],
  'home.new': ['새 프로젝트', 'New Project'],
  'home.sample': ['샘플 프로젝트 만들기', 'Create sample project'],
  'home.load': ['프로젝트 로드', 'Load Project'],
  'home.loaded': ['로드됨', 'Loaded'],
  'home.load.done': ['{name:을/를} 로드했습니다.', '{name} is loaded.'],
  'home.sample.done': ['샘플 프로젝트를 만들었습니다. 이미지를 생성하고 있습니다.', 'The sample project is there; its images are being made.'],
  'home.project': ['프로젝트', 'Project'],
  'home.group': ['그룹', 'Group'],
  'home.owner': ['사용자 ID', 'User ID'],
  'home.type': ['데이터', 'Type'],
  'home.model': ['문제', 'Model'],
  'home.status': ['상태', 'Status'],
  'home.created': ['생성일', 'Created'],
  'home.updated': ['수정일', 'Updated'],
  'home.empty.title': ['아직 프로젝트가 없습니다', 'There is no project yet'],
  'home.empty.text': [
    '프로젝트는 데이터, 학습, 추론을 하나로 묶는 작업 단위입니다. 새로 만들거나, 샘플 프로젝트로 전체 과정을 먼저 체험해 보세요.',
    'A project holds data, training and inference together. Create one, or try the whole way with the sample project first.',
  ],
  'home.details': ['상세 정보', 'Details'],
  'home.status.change': ['상태 변경', 'Change Status'],
  'home.delete': ['삭제', 'Delete'],
  'home.readonly': ['프로젝트 소유자나 관리자만 할 수 있습니다.', 'Only the owner or an administrator can do this.'],

  'missing.title': ['페이지를 찾을 수 없습니다', 'Page not found'],
  'missing.text': [
    '주소가 바뀌었거나 삭제된 항목입니다. 홈에서 다시 찾아 주세요.',
    'The address has changed or the item was deleted. Find it again from Home.',
  ],
  'rights.title': ['이 화면을 볼 권한이 없습니다', 'You may not open this page'],
  'rights.text': ['필요하다면 관리자에게 권한을 요청해 주세요.', 'If you need it, ask your administrator for the right.'],
});
