/**
 * The shapes on the wire of kiosk stations: touch screens at the line that label one picture after another (classification). See schemas.ts for the
 * conventions and annotation-schemas.ts for tasks.
 *
 *     GET    /api/kiosk/stations                 -> KioskStation[]                         admin
 *     POST   /api/kiosk/stations                 NewKioskStation -> KioskEnrolment         admin: a code to type at the station, good for 15 minutes
 *     POST   /api/kiosk/stations/:id/code        -> KioskEnrolment                         admin: a new code, for another browser; the old one is out
 *     DELETE /api/kiosk/stations/:id             204                                       admin
 *     GET    /api/kiosk/people                   -> KioskPerson[]                          admin
 *     PUT    /api/kiosk/people/:id               KioskKeys -> KioskPerson                  admin: PIN and badge number
 *
 *     POST   /api/kiosk/enrol                    KioskCode -> KioskView                    anyone; sets the station's cookie
 *     GET    /api/kiosk                          -> KioskView                              an enrolled station; 401 kiosk_not_enrolled
 *     POST   /api/kiosk/session                  KioskSignIn -> KioskSession               an enrolled station; throttled
 *     DELETE /api/kiosk/session                  204                                       gives its leases back
 *     POST   /api/kiosk/submit                   KioskSubmission -> KioskSubmitted         an enrolled station, for whoever had leased the picture there, also when
 *                                                                                          they have left; send it again with the same saveId as often as needed
 *
 * A signed-in station (401 kiosk_not_signed_in), with `csrfToken` in the header x-csrf-token:
 *
 *     POST   /api/kiosk/next                     KioskNext -> KioskWork                    leases pictures; no other station gets them meanwhile
 *     POST   /api/kiosk/leases/renew             KioskLeases -> KioskRenewal
 *     POST   /api/kiosk/leases/release           KioskLeases -> KioskRenewal               skipped: somebody else's turn; they come to this person last
 *     POST   /api/kiosk/done                     KioskDone 204                             the person's own part is finished: tells the reviewer
 *     GET    /api/kiosk/images/:id/:n            a leased picture of task id
 */
import { type Static, Type } from 'typebox';
import { AnnotationClass, SaveId } from './annotation-schemas.ts';
import { Id, Locale, Name, Nullable, OneOf, Time } from './schemas.ts';

export const KioskStation = Type.Object({
  id: Id,
  name: Name,
  groupId: Id,
  groupName: Type.String(),
  enrolled: Type.Boolean(),
  seenAt: Nullable(Time),
  createdAt: Time,
});
export type KioskStation = Static<typeof KioskStation>;
export const NewKioskStation = Type.Object({ name: Name, groupId: Id });
export type NewKioskStation = Static<typeof NewKioskStation>;
export const KioskEnrolment = Type.Object({ station: KioskStation, code: Type.String(), expiresAt: Time });
export type KioskEnrolment = Static<typeof KioskEnrolment>;

export const KioskPerson = Type.Object({ id: Id, userId: Type.String(), name: Name, hasPin: Type.Boolean(), hasBadge: Type.Boolean() });
export type KioskPerson = Static<typeof KioskPerson>;
export const Pin = Type.String({ pattern: '^[0-9]{4,12}$' });
export const Badge = Type.String({ minLength: 4, maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' });
/** null takes it away, absent leaves it. */
export const KioskKeys = Type.Partial(Type.Object({ pin: Nullable(Pin), badge: Nullable(Badge) }));
export type KioskKeys = Static<typeof KioskKeys>;

export const KioskCode = Type.Object({ code: Type.String({ maxLength: 40 }) });
export type KioskCode = Static<typeof KioskCode>;
export const KioskSession = Type.Object({ person: Type.Object({ id: Id, name: Name, locale: Locale }), csrfToken: Type.String() });
export type KioskSession = Static<typeof KioskSession>;
export const KioskView = Type.Object({
  station: Type.Object({ id: Id, name: Name, groupName: Type.String() }),
  /** Who can sign in here with a PIN. */
  people: Type.Array(Type.Object({ id: Id, name: Name })),
  /** Without a touch for so long the station goes back to sign-in. */
  idleSeconds: Type.Integer(),
  session: Nullable(KioskSession),
});
export type KioskView = Static<typeof KioskView>;
export const KioskSignIn = Type.Union([
  Type.Object({ personId: Id, pin: Type.String({ maxLength: 12 }) }),
  Type.Object({ badge: Type.String({ maxLength: 64 }) }),
]);
export type KioskSignIn = Static<typeof KioskSignIn>;

/** `count`: this picture and the next ones, to show them without waiting and while the network is down. */
export const KioskNext = Type.Object({ count: Type.Integer({ minimum: 1, maximum: 20 }) });
export type KioskNext = Static<typeof KioskNext>;
export const KioskPicture = Type.Object({
  lease: Type.String(),
  expiresAt: Time,
  taskId: Id,
  n: Type.Integer(),
  name: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  /** `base` of the submission. */
  revision: Type.Integer(),
  /** What a model proposes. */
  proposal: Nullable(Type.Object({ label: Id, score: Type.Number() })),
  /** What the reviewer said when it was returned. */
  comment: Type.String(),
});
export type KioskPicture = Static<typeof KioskPicture>;
/** `pictures`: all that this station holds for this person, those asked for at the end. `left`: how many more wait. */
export const KioskWork = Type.Object({
  pictures: Type.Array(KioskPicture),
  tasks: Type.Array(
    Type.Object({
      id: Id,
      name: Type.String(),
      classesRevision: Type.Integer(),
      classes: Type.Array(Type.Pick(AnnotationClass, ['id', 'name', 'colour', 'hotKey'])),
    }),
  ),
  left: Type.Integer(),
  /** This person's own parts in which nothing is left to do, and of which the reviewer has not been told. */
  finished: Type.Array(Type.Object({ taskId: Id, partId: Id, name: Type.String(), count: Type.Integer() })),
  /** Datasets whose shapes this person is to draw: that is done at the work screen, where one can point exactly. */
  elsewhere: Type.Array(Type.String()),
});
export type KioskWork = Static<typeof KioskWork>;
export const KioskDone = Type.Object({ taskId: Id, partId: Id });
export const KioskLeases = Type.Object({ leases: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 }) });
export type KioskLeases = Static<typeof KioskLeases>;
export const KioskRenewal = Type.Object({ kept: Type.Array(Type.Object({ lease: Type.String(), expiresAt: Time })), lost: Type.Array(Type.String()) });
export type KioskRenewal = Static<typeof KioskRenewal>;
/**
 * A lease that has run out is no reason to refuse, as long as nobody else has labelled the picture. After a day it is forgotten; then `personId`, who has labelled,
 * has to be signed in (401 kiosk_not_signed_in).
 */
export const KioskSubmission = Type.Object({
  personId: Id,
  lease: Type.String({ maxLength: 64 }),
  taskId: Id,
  n: Type.Integer({ minimum: 0 }),
  base: Type.Integer({ minimum: 0 }),
  state: OneOf('done', 'delete'),
  label: Nullable(Id),
  saveId: SaveId,
});
export type KioskSubmission = Static<typeof KioskSubmission>;
export const KioskSubmitted = Type.Object({ taskId: Id, n: Type.Integer(), revision: Type.Integer() });
export type KioskSubmitted = Static<typeof KioskSubmitted>;
