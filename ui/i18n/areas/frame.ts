import { words } from '../words.ts';

/** The rail, the top bar and what hangs on them. */
export default words({
  'frame.product': ['AI Studio', 'AI Studio'],
  'frame.skip': ['본문으로 건너뛰기', 'Skip to content'],
  'frame.menus': ['주 메뉴', 'Main menu'],
  'frame.place': ['현재 위치', 'You are here'],
  'frame.running': ['실행 중인 작업이 있습니다', 'Something is running'],
  'menu.home': ['홈', 'Home'],
  'menu.data': ['데이터', 'Data'],
  'menu.experiment': ['실험', 'Experiment'],
  'menu.run': ['학습 실행', 'Run'],
  'menu.inference': ['추론', 'Inference'],
  'menu.monitor': ['모니터', 'Monitor'],
  'menu.group': ['그룹', 'Group'],
  'menu.admin': ['관리', 'Admin'],
  'menu.information': ['도움말', 'Information'],

  'frame.project': ['프로젝트 : {name}', 'Project : {name}'],
  'frame.project.none': ['로드된 프로젝트 없음', 'No project loaded'],
  'frame.project.change': ['프로젝트 바꾸기', 'Change project'],
  'frame.project.search': ['프로젝트 검색', 'Search projects'],
  'frame.project.all': ['홈에서 모두 보기', 'See all on Home'],
  'frame.project.empty': ['표시할 프로젝트가 없습니다.', 'There are no projects to show.'],
  'need.title': ['프로젝트를 먼저 로드해 주세요', 'Load a project first'],
  'need.text': [
    '이 메뉴는 프로젝트에 속한 기능입니다. 홈에서 프로젝트를 선택해 로드하거나 새로 만든 뒤 이용해 주세요.',
    'This menu belongs to a project. Load a project on Home, or create one, and then open it.',
  ],

  'jobs.title': ['실행 중인 작업', 'Running jobs'],
  'jobs.button': ['작업 {n}개', 'Jobs: {n}'],
  'jobs.none': ['실행 중이거나 대기 중인 작업이 없습니다.', 'Nothing is running or waiting.'],
  'jobs.all': ['모니터에서 모두 보기', 'See all on Monitor'],
  'jobs.place': ['대기 순서 {n}번째', 'Number {n} in the queue'],
  'notes.title': ['알림', 'Notifications'],
  'notes.button': ['알림, 읽지 않음 {n}개', 'Notifications, {n} unread'],
  'notes.none': ['새 알림이 없습니다.', 'No notifications yet.'],

  'language.switch': ['언어', 'Language'],
  'language.ko': ['한국어', '한국어'],
  'language.en': ['English', 'English'],
  'theme.title': ['화면 테마', 'Theme'],
  'theme.system': ['시스템 설정', 'Same as computer'],
  'theme.light': ['밝게', 'Light'],
  'theme.dark': ['어둡게', 'Dark'],
  'person.menu': ['내 메뉴', 'My menu'],
  'person.account': ['내 계정', 'My account'],
  'person.keys': ['단축키', 'Keyboard shortcuts'],
  'person.sign-out': ['로그아웃', 'Sign out'],

  'line.lost': ['서버와 연결이 끊어졌습니다. 자동으로 다시 연결하고 있습니다.', 'The connection is lost. Reconnecting by itself …'],

  'again.title': ['다시 로그인해 주세요', 'Please sign in again'],
  'again.text': [
    '로그인이 만료되었습니다. 비밀번호를 입력하면 하던 일을 그대로 이어서 할 수 있습니다.',
    'Your session has ended. Enter your password to go on where you were; nothing is lost.',
  ],
  'again.password': ['비밀번호', 'Password'],
  'again.ok': ['로그인', 'Sign in'],
  'update.text': ['AI Studio가 {version} 버전으로 업데이트되었습니다.', 'AI Studio has been updated to version {version}.'],
  'failed.title': ['화면을 불러오지 못했습니다', 'The page could not be loaded'],
  'failed.text': [
    'AI Studio가 새 버전으로 바뀌었거나 연결이 끊어졌을 수 있습니다. 다시 불러와 주세요.',
    'AI Studio may have been updated, or the connection was lost. Load the page again.',
  ],
  'failed.reload': ['다시 불러오기', 'Reload'],
});
