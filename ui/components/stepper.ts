/** Steps of a longer task: Data Split › Algorithm › Resources. A step opens when those before it are done. */
import type { Key } from '../i18n/keys.ts';
import { icon } from '../mount.ts';

/**
 * `current`: expression of the open step's key; `reach`: call that says whether a step may be opened, given its key: 'mayOpen';
 * `go`: method that opens it; `done`: method that says whether it is finished.
 */
export function stepper(of: { label: Key; steps: { key: string; text: Key }[]; current: string; reach: string; go: string; done: string }): string {
  return `<ol class="stepper" x-t:aria-label="${of.label}">${of.steps
    .map(
      (step, index) => `<li :class="{ done: ${of.done}('${step.key}') }">
        <button type="button" :disabled="!${of.reach}('${step.key}')" :aria-current="${of.current} === '${step.key}' ? 'step' : false" @click="${of.go}('${step.key}')">
          <span class="step-mark"><span class="step-number">${index + 1}</span>${icon('check')}</span><span x-t="${step.text}"></span></button></li>`,
    )
    .join(`<li class="step-arrow" aria-hidden="true">${icon('chevron-right')}</li>`)}</ol>`;
}
