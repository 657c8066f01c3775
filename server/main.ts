/** The daemon's composition root: reads the settings, opens the stores, wires the services together and listens. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, ConfigError, readConfig, USAGE } from './config.ts';
import { EventBus } from './events.ts';
import { buildApp } from './http/app.ts';
import type { Changes } from './http/schemas.ts';
import type { Studio } from './http/studio.ts';
import { LogFile } from './log.ts';
import { Collection, Document } from './store/collection.ts';
import { DamagedFileError, makeFolder } from './store/durable.ts';
import { Journal } from './store/journal.ts';
import { FolderInUseError, lockFolder } from './store/lock.ts';
import { Groups, type StoredGroup } from './studio/groups/groups.ts';
import { Notifications, type StoredNotification } from './studio/notifications/notifications.ts';
import { Sessions, type StoredSession } from './studio/people/sessions.ts';
import { type Failures, SignInThrottle } from './studio/people/throttle.ts';
import { type AuditEntry, type StoredUser, Users } from './studio/people/users.ts';
import { Projects, type StoredProject } from './studio/projects/projects.ts';

const HERE = dirname(fileURLToPath(import.meta.url));

async function start(config: Config, version: string): Promise<void> {
  const data = resolve(config.server.data);
  await makeFolder(data);
  const unlock = await lockFolder(data);
  const log = config.log.output === 'stdout' ? process.stdout : new LogFile(join(data, 'logs'), config.log.max_bytes);
  const events = new EventBus((error) => log.write(`${JSON.stringify({ level: 50, time: Date.now(), msg: 'a listener failed', err: String(error) })}\n`));

  const db = join(data, 'db');
  await makeFolder(db);
  const sessions = new Sessions(await Collection.open<StoredSession>(db, 'sessions'), config.session, events);
  const throttle = new SignInThrottle(await Document.open<Failures>(join(db, 'sign-in-failures.json'), {}), config.session);
  const audit = await Journal.open<AuditEntry>(join(db, 'audit.jsonl'));
  const groups: Groups = new Groups(await Collection.open<StoredGroup>(db, 'groups'), (groupId) => users.membersOf(groupId));
  const users: Users = new Users(
    await Collection.open<StoredUser>(db, 'users'),
    sessions,
    throttle,
    audit,
    events,
    {
      makeFirstGroup: () => groups.makeFirst(),
      groupExists: (id) => groups.exists(id),
      countOwnedProjects: (id) => projects.countOwnedBy(id),
    },
    config.server.language,
  );
  const notifications = new Notifications(await Collection.open<StoredNotification>(db, 'notifications'), events);
  const projects: Projects = new Projects(await Collection.open<StoredProject>(db, 'projects'), users, groups, events, {
    countActiveJobs: () => 0,
    deleteContents: async () => {},
  });

  const views: { [K in keyof Changes]?: (reader: StoredUser, id: number) => Changes[K] | null } = {
    project: (reader, id) => {
      const project = projects.get(id);
      return project !== undefined && projects.maySee(reader, project) ? projects.view(reader, project) : null;
    },
    notification: (reader, id) => notifications.get(reader.id, id) ?? null,
  };
  const studio: Studio = {
    version,
    events,
    users,
    sessions,
    groups,
    projects,
    notifications,
    look: (kind, reader, id) => views[kind]?.(reader, id) ?? null,
  };

  const app = await buildApp({ studio, config, pages: join(HERE, '../ui'), log });
  const stop = async () => {
    await app.close();
    await audit.close();
    await unlock();
  };
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }

  await app.listen({ host: config.server.host, port: config.server.port });
  const { port } = app.server.address() as { port: number };
  const host = ['0.0.0.0', '::', '127.0.0.1'].includes(config.server.host) ? 'localhost' : config.server.host;
  console.log(`AI Studio ${version} is at http://${host}:${port}`);
  if (users.setUpNeeded) console.log(`Set-up code: ${users.newSetUpCode()}   (enter it on the first page; a new one is made at each start until it is used)`);
}

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(HERE, '../../package.json'), 'utf8')) as { version: string };
  const commandLine = readConfig(process.argv.slice(2), process.env);
  if (commandLine.help) return console.log(USAGE);
  if (commandLine.version) return console.log(version);
  await start(commandLine.config, version);
}

main().catch((error: NodeJS.ErrnoException) => {
  // What a person can put right is said in a sentence; anything else with its stack.
  const expected = error instanceof ConfigError || error instanceof FolderInUseError || error instanceof DamagedFileError;
  if (expected) console.error(error.message);
  else if (error.code === 'EADDRINUSE') console.error(`Another program uses this address already (${error.message}). Choose another port with --port.`);
  else console.error(error);
  process.exit(1);
});
