/** The devices that the box can compute on, as they go over the wire. */
import { type Static, Type } from 'typebox';
import { Failure } from './schemas.ts';

export const Device = Type.Object({
  name: Type.Enum(['cuda', 'webgpu', 'cpu']),
  /** looking: being tried. slow: works, but not faster than the CPU, so it is used only where the settings name it. */
  state: Type.Enum(['looking', 'ready', 'slow', 'unusable']),
  /** What trainings with a GPU compute on. */
  chosen: Type.Boolean(),
  /** How many times the CPU's speed a training step ran when it was tried. */
  faster: Type.Union([Type.Number(), Type.Null()]),
  /** Why it is not used by itself. */
  reason: Type.Union([Failure, Type.Null()]),
  /** What the driver or the runtime said, for an engineer. */
  details: Type.Union([Type.String(), Type.Null()]),
});
export type Device = Static<typeof Device>;
