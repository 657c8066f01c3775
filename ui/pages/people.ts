/** What makes a user ID and a password, in words; '' where nothing is wrong. The daemon checks the same. */
import { t } from '../i18n/language.ts';

export function userIdProblem(userId: string): string {
  if (!userId.trim()) return t('form.required');
  return /^[A-Za-z0-9][A-Za-z0-9._-]{1,39}$/.test(userId.trim()) ? '' : t('person.user-id.wrong');
}

export function passwordProblem(password: string): string {
  return password.length >= 8 ? '' : t('person.password.short');
}
