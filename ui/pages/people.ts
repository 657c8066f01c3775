/** What makes a user ID and a password, as keys of sentences; '' where nothing is wrong. The daemon checks the same. */
import type { Key } from '../i18n/keys.ts';

export function userIdProblem(userId: string): Key | '' {
  if (!userId.trim()) return 'form.required';
  return /^[A-Za-z0-9][A-Za-z0-9._-]{1,39}$/.test(userId.trim()) ? '' : 'person.user-id.wrong';
}

export function passwordProblem(password: string): Key | '' {
  return password.length >= 8 ? '' : 'person.password.short';
}
