/** The words of the problems that a project can be made for. */
import type { DataType, ModelKind } from '../../server/http/schemas.ts';
import { t } from './language.ts';

/** Image · Classification */
export function problemText({ type, model }: { type: DataType; model: ModelKind }): string {
  return `${t(`type.${type}`)} · ${t(`model.${model}`)}`;
}
