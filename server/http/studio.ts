/** What the routes work with: the services of the studio, made in main.ts. */
import type { EventBus } from '../events.ts';
import type { Groups } from '../studio/groups/groups.ts';
import type { Notifications } from '../studio/notifications/notifications.ts';
import type { Sessions } from '../studio/people/sessions.ts';
import type { StoredUser, Users } from '../studio/people/users.ts';
import type { Projects } from '../studio/projects/projects.ts';
import type { Changes } from './schemas.ts';

export interface Studio {
  version: string;
  events: EventBus;
  users: Users;
  sessions: Sessions;
  groups: Groups;
  projects: Projects;
  notifications: Notifications;
  /** A record as a person may see it; null where it is not there or not for this person. */
  look<K extends keyof Changes>(kind: K, reader: StoredUser, id: number): Changes[K] | null;
}
