/**
 * The shapes on the wire of annotation. See schemas.ts for the conventions.
 *
 * A **task** is an unlabelled dataset that is being labelled. Its pictures (numbers n from 0, as in the dataset) are divided into **parts**, one a
 * person, or one for the pool that kiosk stations pull from. Its **classes** (the manual's labels) have ids that are never used again. Everything that
 * changes is on the disk when it is answered.
 *
 *     POST   /api/datasets/:id/annotation                       NewAnnotationTask -> AnnotationTask             Add Label: divides the pictures
 *     GET    /api/annotation/tasks?mine=true                    -> AnnotationTask[]                             newest first
 *     GET    /api/annotation/tasks/:id                          -> AnnotationTask
 *     PATCH  /api/annotation/tasks/:id                          AnnotationTaskChange -> AnnotationTask           reviewer, admin
 *     DELETE /api/annotation/tasks/:id                          204                                             reviewer, admin: gives up, labels are lost
 *     POST   /api/annotation/tasks/:id/reassign                 Reassignment -> AnnotationTask                   what is not done goes to others
 *     POST   /api/annotation/tasks/:id/parts/:part/done         -> AnnotationTask                               its annotator: tells the reviewer
 *     POST   /api/annotation/tasks/:id/parts/:part/accept       -> AnnotationTask                               reviewer
 *     POST   /api/annotation/tasks/:id/parts/:part/return       PartReturn -> AnnotationTask                     reviewer: the part can be edited again
 *     POST   /api/annotation/tasks/:id/complete                 -> AnnotationTask                               reviewer: status completing, then completed
 *
 *     GET    /api/annotation/tasks/:id/classes                  -> AnnotationClasses
 *     POST   /api/annotation/tasks/:id/classes                  NewAnnotationClass -> AnnotationClasses
 *     PATCH  /api/annotation/tasks/:id/classes/:class           AnnotationClassChange -> AnnotationClasses
 *     PUT    /api/annotation/tasks/:id/classes/order            ClassOrder -> AnnotationClasses
 *     POST   /api/annotation/tasks/:id/classes/:class/delete    ClassDeletion -> AnnotationClasses               403 annotation_class_used
 *
 *     GET    /api/annotation/tasks/:id/index                    -> AnnotationIndex                              all pictures in some bytes each
 *     GET    /api/annotation/tasks/:id/pictures?…               AnnotationQuery -> AnnotationPage
 *     GET    /api/annotation/tasks/:id/pictures/:n              -> AnnotatedPicture
 *     PUT    /api/annotation/tasks/:id/pictures/:n              PictureSave -> PictureSaved; 409 PictureConflict
 *     POST   /api/annotation/tasks/:id/label                    LabelMany -> LabelledMany                       the grid of classification
 *     POST   /api/annotation/tasks/:id/review                   Review -> LabelledMany                          reviewer
 *     GET    /api/annotation/tasks/:id/images/:n                the picture; /thumbnails/:n small
 *     PUT    /api/annotation/tasks/:id/presence                 Presence -> PresenceReply                       every 20 s while a picture is open
 *
 *     GET    /api/annotation/tasks/:id/auto                     -> AutoAnnotation
 *     POST   /api/annotation/tasks/:id/auto                     NewAutoAnnotation -> AutoAnnotation              Applying the AI Model
 *     POST   /api/annotation/tasks/:id/auto/stop                -> AutoAnnotation
 *     POST   /api/annotation/tasks/:id/proposals/accept         ProposalChoice -> LabelledMany
 *     POST   /api/annotation/tasks/:id/proposals/reject         ProposalChoice -> LabelledMany
 *
 * GET /api/events?task=ID also sends what happens in that task, as `annotation` messages (AnnotationMessage). Lists are kept up to date by `change`
 * messages of the kind `annotation`, at most one a second for a task. The kiosk's routes are in kiosk-schemas.ts.
 */
import { type Static, Type } from 'typebox';
import { LAST_SHAPE_ID } from '../store/annotated-pictures.ts';
import { DataType, Failure, Id, JobState, ModelKind, Nullable, OneOf, Progress, Time } from './schemas.ts';

// ---------------------------------------------------------------- tasks

export const AnnotationStatus = OneOf('working', 'completing', 'completed');
export type AnnotationStatus = Static<typeof AnnotationStatus>;
/** done: the annotator has told the reviewer and edits no more. returned: the reviewer gave something back; that can be edited. */
export const PartStatus = OneOf('working', 'done', 'returned', 'accepted');
export type PartStatus = Static<typeof PartStatus>;

/**
 * `done` counts pictures that are labelled, `deleted` those marked to delete; what is left of `count` is not done. `open`: those that are not done, or were
 * returned: what re-assigning gives to others.
 */
const Counts = {
  count: Type.Integer(),
  done: Type.Integer(),
  deleted: Type.Integer(),
  returned: Type.Integer(),
  fixed: Type.Integer(),
  accepted: Type.Integer(),
  open: Type.Integer(),
};

export const AnnotationPart = Type.Object({
  id: Id,
  /** null: the pool of the kiosk stations. */
  userId: Nullable(Id),
  userName: Type.String(),
  status: PartStatus,
  ...Counts,
  /** What the reviewer said when the part was returned. */
  comment: Type.String(),
});
export type AnnotationPart = Static<typeof AnnotationPart>;

/** What the reader may do now; the daemon refuses everything else. annotate: there is a part (or, for the reviewer, the whole task) to edit. */
export const AnnotationAction = OneOf('annotate', 'classes', 'auto', 'review', 'reassign', 'complete', 'reviewer', 'delete');
export type AnnotationAction = Static<typeof AnnotationAction>;

export const AnnotationTask = Type.Object({
  id: Id,
  datasetId: Id,
  datasetName: Type.String(),
  datasetVersion: Type.Integer(),
  projectId: Id,
  projectName: Type.String(),
  groupId: Id,
  type: DataType,
  model: ModelKind,
  status: AnnotationStatus,
  ...Counts,
  reviewerId: Id,
  reviewerName: Type.String(),
  parts: Type.Array(AnnotationPart),
  /** The reader has a part of it, or reviews it. */
  mine: Type.Boolean(),
  actions: Type.Array(AnnotationAction),
  /** Of the classes; fetch them anew when it is higher than what you have. */
  classesRevision: Type.Integer(),
  /** The job of Complete, while it merges the parts. */
  jobId: Nullable(Id),
  /** Why the last Complete did not succeed. */
  failure: Nullable(Failure),
  /** The Default model learns anew after this many more labels; null: when asked. */
  autoEvery: Nullable(Type.Integer()),
  createdAt: Time,
  updatedAt: Nullable(Time),
  completedAt: Nullable(Time),
});
export type AnnotationTask = Static<typeof AnnotationTask>;

const Annotators = { annotatorIds: Type.Array(Id, { maxItems: 200 }), kiosk: Type.Optional(Type.Boolean()) };
/** People of the project's group; `kiosk`: the pool of the stations takes a part, too. */
export const NewAnnotationTask = Type.Object(Annotators);
export type NewAnnotationTask = Static<typeof NewAnnotationTask>;
/** The pictures of a part that are not done are divided evenly among others. */
export const Reassignment = Type.Object({ partId: Id, ...Annotators });
export type Reassignment = Static<typeof Reassignment>;
export const AnnotationTaskChange = Type.Partial(Type.Object({ reviewerId: Id, autoEvery: Nullable(Type.Integer({ minimum: 5, maximum: 100000 })) }));
export type AnnotationTaskChange = Static<typeof AnnotationTaskChange>;
export const Comment = Type.String({ maxLength: 1000 });
export const PartReturn = Type.Object({ comment: Comment });
export type PartReturn = Static<typeof PartReturn>;

// ---------------------------------------------------------------- classes

export const ClassName = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' });
export const ClassColour = Type.String({ pattern: '^#[0-9a-f]{6}$' });
/** One key as the browser's KeyboardEvent.key has it: a digit or a letter. Each is given once. */
export const HotKey = Type.String({ pattern: '^[0-9a-z]$' });
export const AnnotationClass = Type.Object({
  id: Id,
  name: ClassName,
  colour: ClassColour,
  hotKey: Nullable(HotKey),
  /** Pictures (classification) or shapes that have it. */
  uses: Type.Integer(),
  /** false: the reader cannot change all pictures that are labelled with it, so the reviewer alone may delete it. */
  deletable: Type.Boolean(),
});
export type AnnotationClass = Static<typeof AnnotationClass>;
/** In the order in which they are shown and will stand in the dataset. `revision` rises with every change. */
export const AnnotationClasses = Type.Object({ revision: Type.Integer(), classes: Type.Array(AnnotationClass) });
export type AnnotationClasses = Static<typeof AnnotationClasses>;
/** Without a colour the next of the palette is taken, without a hot key the next free digit. */
export const NewAnnotationClass = Type.Object({ name: ClassName, colour: Type.Optional(ClassColour), hotKey: Type.Optional(Nullable(HotKey)) });
export type NewAnnotationClass = Static<typeof NewAnnotationClass>;
export const AnnotationClassChange = Type.Partial(Type.Object({ name: ClassName, colour: ClassColour, hotKey: Nullable(HotKey) }));
export type AnnotationClassChange = Static<typeof AnnotationClassChange>;
/** Ids of all classes. Those that were added meanwhile and are not named come last. */
export const ClassOrder = Type.Object({ ids: Type.Array(Id, { maxItems: 1000 }) });
export type ClassOrder = Static<typeof ClassOrder>;
/** What happens to its shapes: they get another class, or (null) are deleted. A picture that has nothing left of what it was labelled with is not done again. */
export const ClassDeletion = Type.Object({ moveTo: Nullable(Id) });
export type ClassDeletion = Static<typeof ClassDeletion>;

// ---------------------------------------------------------------- pictures

export const PictureState = OneOf('todo', 'done', 'delete');
export type PictureState = Static<typeof PictureState>;
/** returned: the reviewer gave it back. fixed: done again since. */
export const PictureReview = OneOf('none', 'returned', 'fixed', 'accepted');
export type PictureReview = Static<typeof PictureReview>;

const ShapeId = Type.Integer({ minimum: 1, maximum: LAST_SHAPE_ID });
const Coordinate = Type.Number({ minimum: -1e6, maximum: 1e6 });
const Ring = Type.Array(Coordinate, { minItems: 6, maxItems: 40_000 });
const ShapeCommon = {
  /** Tells the shapes of one picture apart; they rise in the order of making. In what the daemon tells it is always there. */
  id: Type.Optional(ShapeId),
  /** Id of a class of the task; 0: not chosen yet (then the picture cannot be done). */
  label: Type.Integer({ minimum: 0 }),
  attributes: Type.Optional(
    Type.Partial(
      Type.Object({
        score: Type.Number(),
        occluded: Type.Boolean(),
        truncated: Type.Boolean(),
        difficult: Type.Boolean(),
        description: Type.String({ maxLength: 500 }),
      }),
    ),
  ),
};
/** As Shape of server/labels/annotation.ts, but that `label` is the id of a class. Pixels of the dataset's picture. */
export const AnnotationShape = Type.Union([
  Type.Object({ kind: Type.Literal('box'), x: Coordinate, y: Coordinate, width: Coordinate, height: Coordinate, ...ShapeCommon }),
  Type.Object({
    kind: Type.Literal('polygon'),
    parts: Type.Array(Type.Object({ outer: Ring, holes: Type.Array(Ring, { maxItems: 1000 }) }), { minItems: 1, maxItems: 1000 }),
    ...ShapeCommon,
  }),
  Type.Object({
    kind: Type.Literal('mask'),
    rle: Type.Object({ width: Type.Integer({ minimum: 1 }), height: Type.Integer({ minimum: 1 }), counts: Type.String({ maxLength: 4_000_000 }) }),
    ...ShapeCommon,
  }),
]);
export type AnnotationShape = Static<typeof AnnotationShape>;

/** What a model proposes; never a label until somebody accepts it. `uncertainty` 0 (sure) to 1: the entropy of the scores over its maximum. */
export const Proposal = Type.Object({
  label: Nullable(Id),
  score: Type.Number(),
  uncertainty: Type.Number(),
  shapes: Type.Array(AnnotationShape),
  model: Type.String(),
});
export type Proposal = Static<typeof Proposal>;

/** `label`: the class of a classified picture. `shapes`: of the other problems. */
export const AnnotatedPicture = Type.Object({
  n: Type.Integer(),
  name: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  /** 0: never saved. Rises by 1 with every save and review. */
  revision: Type.Integer(),
  state: PictureState,
  review: PictureReview,
  comment: Type.String(),
  label: Nullable(Id),
  shapes: Type.Array(AnnotationShape),
  partId: Id,
  /** null where the reader may save it; else why not, a code of the error catalogue. */
  lockedBy: Nullable(Type.String()),
  /** Who saved it last, and when. */
  by: Nullable(Type.String()),
  at: Nullable(Time),
  proposal: Nullable(Proposal),
  /** Who else has it open now. */
  openBy: Type.Array(Type.Object({ id: Id, name: Type.String() })),
});
export type AnnotatedPicture = Static<typeof AnnotatedPicture>;

/** One id a save, made by the browser: a save that is sent again is not done twice. */
export const SaveId = Type.String({ minLength: 8, maxLength: 64, pattern: '^[A-Za-z0-9_-]+$' });
/** Shapes that are new (with an id higher than any that the picture has, or none) or changed, each of them whole; and the ids of those that are gone. */
export const ShapeChanges = Type.Object({
  put: Type.Array(AnnotationShape, { maxItems: 10_000 }),
  removed: Type.Array(ShapeId, { maxItems: 10_000 }),
});
export type ShapeChanges = Static<typeof ShapeChanges>;
/**
 * `base`: the revision that the browser has changed. Of a picture with shapes either all of them (`shapes`) or what is different from that revision
 * (`changes`), which takes the same time however many there are; without both they stay as they are.
 */
export const PictureSave = Type.Object(
  {
    base: Type.Integer({ minimum: 0 }),
    state: PictureState,
    label: Type.Optional(Nullable(Id)),
    shapes: Type.Optional(Type.Array(AnnotationShape, { maxItems: 10_000 })),
    changes: Type.Optional(ShapeChanges),
    saveId: Type.Optional(SaveId),
  },
  { unnamed: 'kept' },
);
export type PictureSave = Static<typeof PictureSave>;
export const PictureSaved = Type.Object({
  n: Type.Integer(),
  revision: Type.Integer(),
  state: PictureState,
  review: PictureReview,
  /** Those that were sent as they were kept, where one was cut at the picture’s edge or its class had been merged into another; null: as they were sent. */
  shapes: Nullable(Type.Array(AnnotationShape)),
});
export type PictureSaved = Static<typeof PictureSaved>;
/** Status 409, code annotation_outdated: somebody else has saved meanwhile. Nothing was overwritten; `current` is what there is now. */
export const PictureConflict = Type.Object({
  code: Type.String(),
  message: Type.String(),
  params: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  current: AnnotatedPicture,
});
export type PictureConflict = Static<typeof PictureConflict>;

const Numbers = Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1, maxItems: 5000 });
/** The same class for many pictures; `base` as in PictureSave. */
export const LabelMany = Type.Object({
  pictures: Type.Array(Type.Object({ n: Type.Integer({ minimum: 0 }), base: Type.Integer({ minimum: 0 }) }), { minItems: 1, maxItems: 5000 }),
  state: PictureState,
  /** Absent: the label stays as it is (marking to delete). */
  label: Type.Optional(Nullable(Id)),
});
export type LabelMany = Static<typeof LabelMany>;
export const LabelledMany = Type.Object({
  saved: Type.Array(Type.Object({ n: Type.Integer(), revision: Type.Integer() })),
  /** Each with a code of the error catalogue. */
  refused: Type.Array(Type.Object({ n: Type.Integer(), code: Type.String() })),
});
export type LabelledMany = Static<typeof LabelledMany>;
export const Review = Type.Object({ verdict: OneOf('accept', 'return'), pictures: Numbers, comment: Type.Optional(Comment) });
export type Review = Static<typeof Review>;

/**
 * All pictures of a task. Strings are base64 of one number a picture, in order of n:
 * `states` bytes: bits 0–1 the state (0 todo, 1 done, 2 delete), bits 2–3 the review (0 none, 1 returned, 2 fixed, 3 accepted), bit 4: there is a proposal.
 * `parts` 16 bits, little endian: id of the part. `labels` 16 bits, little endian: id of the class, 0 none; null but for classification.
 * `scores`, `uncertainties` bytes 0–255 for 0–1 of what a model has judged, also where its score was below the threshold; null where it has judged nothing.
 */
export const AnnotationIndex = Type.Object({
  count: Type.Integer(),
  states: Type.String(),
  parts: Type.String(),
  labels: Nullable(Type.String()),
  scores: Nullable(Type.String()),
  uncertainties: Nullable(Type.String()),
});
export type AnnotationIndex = Static<typeof AnnotationIndex>;

export const AnnotationQuery = Type.Object({
  offset: Type.Integer({ minimum: 0, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 60 }),
  state: Type.Optional(PictureState),
  review: Type.Optional(PictureReview),
  part: Type.Optional(Id),
  /** Id of a class; 0: none. Classification. */
  label: Type.Optional(Type.Integer({ minimum: 0 })),
  /** Those with a proposal of at least this score. */
  score: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  search: Type.Optional(Type.String({ maxLength: 200 })),
  /** uncertainty: what the model is least sure of first, then what it has not seen. */
  order: Type.Optional(OneOf('number', 'uncertainty')),
});
export type AnnotationQuery = Static<typeof AnnotationQuery>;
export const AnnotationRow = Type.Object({
  n: Type.Integer(),
  name: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  partId: Id,
  revision: Type.Integer(),
  state: PictureState,
  review: PictureReview,
  label: Nullable(Id),
  proposal: Nullable(Type.Object({ label: Nullable(Id), score: Type.Number(), uncertainty: Type.Number() })),
});
export type AnnotationRow = Static<typeof AnnotationRow>;
export const AnnotationPage = Type.Object({ total: Type.Integer(), rows: Type.Array(AnnotationRow) });
export type AnnotationPage = Static<typeof AnnotationPage>;

// ---------------------------------------------------------------- presence

/** The picture that a tab has open; null: none any more. It is forgotten after 45 s without a word. `tab`: any id that the tab has made for itself. */
export const Presence = Type.Object({ n: Nullable(Type.Integer({ minimum: 0 })), tab: Type.String({ minLength: 8, maxLength: 64 }) });
export type Presence = Static<typeof Presence>;
const People = Type.Array(Type.Object({ id: Id, name: Type.String() }));
/** Whoever else has it open, the same person in another tab included. */
export const PresenceReply = Type.Object({ others: People });
export type PresenceReply = Static<typeof PresenceReply>;

// ---------------------------------------------------------------- auto annotation

/** default: learns from the labels made so far in this task. experiment: a finished one of the group. version: of a registered model of the group. */
export const AutoModel = Type.Union([
  Type.Object({ kind: Type.Literal('default') }),
  Type.Object({ kind: Type.Literal('experiment'), id: Id }),
  Type.Object({ kind: Type.Literal('version'), id: Id }),
]);
export type AutoModel = Static<typeof AutoModel>;
export const NewAutoAnnotation = Type.Object({
  model: AutoModel,
  /** Proposals with a lower score are not made, 0 to 1. */
  threshold: Type.Number({ minimum: 0, maximum: 1 }),
  scope: Type.Union([Type.Literal('unlabelled'), Type.Literal('all'), Type.Object({ pictures: Numbers })]),
});
export type NewAutoAnnotation = Static<typeof NewAutoAnnotation>;
export const AutoAnnotation = Type.Object({
  /** Why no model can be applied in this task at all, a code of the error catalogue; null where one can. */
  blockedBy: Nullable(Type.String()),
  /** Why the Default model cannot learn yet; null where it can. */
  defaultBlockedBy: Nullable(Type.String()),
  /** Labelled pictures that the Default model would learn from, and how many it needs at least (of two classes). */
  labelled: Type.Integer(),
  needed: Type.Integer(),
  models: Type.Array(
    Type.Object({ model: AutoModel, name: Type.String(), algorithm: Type.String(), accuracy: Nullable(Type.Number()), classes: Type.Array(Type.String()) }),
  ),
  /** The last one: what goes on or how it ended. */
  job: Nullable(
    Type.Object({
      id: Id,
      state: JobState,
      model: Type.String(),
      progress: Nullable(Progress),
      failure: Nullable(Failure),
      proposals: Nullable(Type.Integer()),
    }),
  ),
  /** Open proposals: of pictures that are not labelled. */
  proposals: Type.Integer(),
});
export type AutoAnnotation = Static<typeof AutoAnnotation>;
/** `pictures`: these; absent: all open ones that the reader may edit. `above`: only with at least this score. */
export const ProposalChoice = Type.Object({ pictures: Type.Optional(Numbers), above: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })) });
export type ProposalChoice = Static<typeof ProposalChoice>;

// ---------------------------------------------------------------- events

/** `annotation` messages of GET /api/events?task=ID. `revision` is the picture's; `saveId` tells a browser its own saves. */
export type AnnotationMessage = { taskId: number } & (
  | {
      type: 'picture';
      n: number;
      revision: number;
      state: PictureState;
      review: PictureReview;
      label: number | null;
      partId: number;
      by: string;
      saveId?: string;
    }
  /** `tabs`: so many of theirs have it open. */
  | { type: 'presence'; n: number; people: { id: number; name: string; tabs: number }[] }
  | { type: 'classes'; revision: number }
  /** Many pictures or their parts have changed at once: fetch the index. */
  | { type: 'index' }
  | { type: 'auto'; job: AutoAnnotation['job'] }
);
