/** Every text key that there is. Types only: the texts of an area come with the page that imports it. A new area is added here. */
import type admin from './areas/admin.ts';
import type annotation from './areas/annotation.ts';
import type automl from './areas/automl.ts';
import type base from './areas/base.ts';
import type compare from './areas/compare.ts';
import type data from './areas/data.ts';
import type duplicates from './areas/duplicates.ts';
import type experiments from './areas/experiments.ts';
import type frame from './areas/frame.ts';
import type groups from './areas/groups.ts';
import type home from './areas/home.ts';
import type hpo from './areas/hpo.ts';
import type inference from './areas/inference.ts';
import type kiosk from './areas/kiosk.ts';
import type labels from './areas/labels.ts';
import type library from './areas/library.ts';
import type monitor from './areas/monitor.ts';
import type parameters from './areas/parameters.ts';
import type people from './areas/people.ts';
import type preflight from './areas/preflight.ts';
import type preprocess from './areas/preprocess.ts';
import type preprocessTables from './areas/preprocess-tables.ts';
import type presets from './areas/presets.ts';
import type projects from './areas/projects.ts';
import type run from './areas/run.ts';
import type shared from './areas/shared.ts';
import type split from './areas/split.ts';
import type tables from './areas/tables.ts';
import type trash from './areas/trash.ts';
import type weights from './areas/weights.ts';

type Areas = typeof base &
  typeof frame &
  typeof home &
  typeof people &
  typeof groups &
  typeof admin &
  typeof monitor &
  typeof data &
  typeof experiments &
  typeof run &
  typeof parameters &
  typeof weights &
  typeof inference &
  typeof automl &
  typeof hpo &
  typeof preflight &
  typeof preprocess &
  typeof labels &
  typeof library &
  typeof compare &
  typeof presets &
  typeof projects &
  typeof shared &
  typeof split &
  typeof duplicates &
  typeof trash &
  typeof tables &
  typeof preprocessTables &
  typeof annotation &
  typeof kiosk;
export type Key = keyof Areas & string;
