import { words } from '../words.ts';

/** Set-up, sign-in, the person's account. */
export default words({
  'setup.title': ['처음 설정', 'First set-up'],
  'setup.purpose': ['관리자 계정을 만들면 AI Studio를 바로 사용할 수 있습니다.', 'Make the administrator’s account, and AI Studio is ready to use.'],
  'setup.language': ['사용할 언어', 'Language'],
  'setup.code': ['설정 코드', 'Set-up code'],
  'setup.code.hint': [
    'AI Studio를 시작할 때 서버 화면에 표시된 일회용 코드입니다. 서버를 설치한 사람만 관리자 계정을 만들 수 있도록 확인합니다.',
    'The one-time code that the server printed when AI Studio started. It makes sure that only the person who installed the server can make the administrator.',
  ],
  'setup.code.note': ['서버 시작 화면에 표시된 코드를 입력해 주세요.', 'Shown in the window where AI Studio was started.'],
  'setup.admin': ['관리자 계정', 'Administrator'],
  'setup.ok': ['시작하기', 'Start'],
  'setup.group': ['기본 그룹 basic_group이 함께 만들어집니다.', 'The group basic_group is made with it.'],

  'person.user-id': ['사용자 ID', 'User ID'],
  'person.user-id.note': ['영문, 숫자, 점(.), 밑줄(_), 하이픈(-)으로 2~40자', '2–40 letters, digits, dots, underscores or hyphens'],
  'person.name': ['이름', 'Name'],
  'person.password': ['비밀번호', 'Password'],
  'person.password.note': ['8자 이상', 'At least 8 characters'],
  'person.password.again': ['비밀번호 확인', 'Password again'],
  'person.password.current': ['현재 비밀번호', 'Current password'],
  'person.password.new': ['새 비밀번호', 'New password'],
  'person.language': ['언어', 'Language'],
  'person.role': ['역할', 'Role'],
  'person.groups': ['그룹', 'Groups'],
  'person.user-id.wrong': ['영문이나 숫자로 시작하는 2~40자를 입력해 주세요.', 'Use 2–40 characters, starting with a letter or digit.'],
  'person.password.short': ['비밀번호는 8자 이상이어야 합니다.', 'The password needs at least 8 characters.'],
  'person.password.differs': ['두 비밀번호가 서로 다릅니다.', 'The two passwords differ.'],

  'sign-in.title': ['로그인', 'Sign in'],
  'sign-in.purpose': ['AI Studio 계정으로 로그인해 주세요.', 'Sign in with your AI Studio account.'],
  'sign-in.ok': ['로그인', 'Sign in'],
  'sign-in.forgot': ['계정이 없거나 비밀번호를 잊으셨다면 관리자에게 문의해 주세요.', 'No account, or forgotten the password? Ask your administrator.'],

  'account.title': ['내 계정', 'My account'],
  'account.purpose': ['이름, 비밀번호, 언어와 화면 테마를 바꿉니다.', 'Change your name, password, language and theme.'],
  'account.profile': ['기본 정보', 'Profile'],
  'account.password': ['비밀번호 변경', 'Change password'],
  'account.screen': ['화면', 'Screen'],
  'account.saved': ['저장했습니다.', 'Saved.'],
  'account.password.saved': ['비밀번호를 변경했습니다.', 'Your password has been changed.'],
  'account.password.ok': ['비밀번호 변경', 'Change password'],
});
