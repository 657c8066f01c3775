/** Private or Shared, with what each of them means. */
import { cards } from '../components/field.ts';

export function visibilityChoice(model: string): string {
  return cards({
    model,
    label: 'data.visibility',
    choices: [
      { value: 'private', text: 'data.visibility.private', note: 'data.visibility.private.note', icon: 'lock' },
      { value: 'shared', text: 'data.visibility.shared', note: 'data.visibility.shared.note', icon: 'users' },
    ],
  });
}
