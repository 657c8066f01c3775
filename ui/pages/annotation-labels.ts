/** Manage labels: add, rename, colour, order, hot key, delete with what happens to the shapes. Every change is made at once. */
import type { AnnotationClass, AnnotationClassChange, AnnotationClasses } from '../../server/http/annotation-schemas.ts';
import { api } from '../api.ts';
import { dialog, dialogFoot, openDialog } from '../components/dialog.ts';
import '../i18n/areas/annotation.ts';
import { type Said, t } from '../i18n/language.ts';
import { component, icon } from '../mount.ts';

interface Args {
  /** Address of the task. */
  base: string;
  classes: AnnotationClass[];
  /** What `uses` counts. */
  unit: 'pictures' | 'shapes';
  /** Who may delete what others have used. */
  reviewer: string;
  changed?(next: AnnotationClasses): void;
}

const deletion = dialog<{ one: AnnotationClass; others: AnnotationClass[]; unit: Args['unit'] }, { moveTo: number | null }>({
  title: ({ one }) => t('labels.delete.title', { name: one.name }),
  size: 'small',
  template: `<div class="dialog-body"><p x-text="question()"></p>
      <fieldset class="cards" x-show="uses"><legend class="visually-hidden" x-t="labels.delete.what"></legend>
        <label class="card-choice" x-show="others.length"><input type="radio" name="what" value="move" x-model="what"><div><b x-t="labels.delete.move"></b><select x-model.number="to" x-t:aria-label="labels.delete.move"><template x-for="other in others" :key="other.id"><option :value="other.id" x-text="other.name"></option></template></select></div></label>
        <label class="card-choice"><input type="radio" name="what" value="drop" x-model="what"><div><b x-t="labels.delete.drop"></b><small x-text="dropText()"></small></div></label></fieldset></div>
    ${dialogFoot('action.delete', { danger: true })}`,
  component: ({ one, others, unit }, done) =>
    component({
      uses: one.uses,
      others,
      what: others.length && one.uses ? 'move' : 'drop',
      to: others[0]?.id ?? 0,
      question: () => (one.uses ? t(`labels.delete.used.${unit}`, { n: one.uses }) : t('labels.delete.unused')),
      dropText: () => t(`labels.delete.drop.${unit}`, { n: one.uses }),
      submit() {
        done({ moveTo: this.what === 'move' ? Number(this.to) : null });
      },
    }),
});

const editor = dialog<Args>({
  title: 'labels.edit',
  size: 'large',
  template: `<div class="dialog-body">
      <p class="field-note" x-t="labels.how"></p>
      <div class="label-rows" role="list"><template x-for="(one, index) in classes" :key="one.id"><div class="label-row" role="listitem">
        <span class="label-order"><button type="button" class="icon-button" @click="move(index, -1)" :disabled="index === 0 || busy" :aria-label="$t('labels.up', { name: one.name })">${icon('chevron-up')}</button><button type="button" class="icon-button" @click="move(index, 1)" :disabled="index === classes.length - 1 || busy" :aria-label="$t('labels.down', { name: one.name })">${icon('chevron-down')}</button></span>
        <input type="color" :value="one.colour" @change="change(one, { colour: $event.target.value })" :aria-label="$t('labels.colour', { name: one.name })">
        <input type="text" maxlength="100" data-verbatim :value="one.name" @change="rename(one, $event.target)" @keydown.enter.prevent="$event.target.blur()" :aria-label="$t('labels.name', { name: one.name })">
        <input type="text" maxlength="1" class="hot-key" :value="key(one)" @change="setKey(one, $event.target)" @keydown.enter.prevent="$event.target.blur()" :aria-label="$t('labels.key', { name: one.name })" :title="$t('labels.key.title')">
        <span class="label-uses" x-text="$f.count(one.uses)" :title="usesTitle()"></span>
        <button type="button" class="icon-button" @click="drop(one)" :disabled="busy" :aria-label="$t('labels.delete', { name: one.name })">${icon('trash-2')}</button></div></template></div>
      <div class="label-add"><input type="text" maxlength="100" autofocus x-model="name" @keydown.enter.prevent="add()" x-t:placeholder="labels.new" x-t:aria-label="labels.new">
        <button type="button" class="button" @click="add()" :disabled="!name.trim() || busy">${icon('plus')}<span x-t="labels.add"></span></button></div>
      <div x-problem="problem"></div></div>
    <footer class="dialog-foot"><button type="submit" class="button primary" x-t="action.ok" :disabled="busy"></button></footer>`,
  component: ({ base, classes, unit, reviewer, changed }, done) =>
    component({
      classes: [...classes],
      usesTitle: () => t(`labels.uses.${unit}`),
      name: '',
      busy: false,
      problem: null as unknown,
      key: (one: AnnotationClass) => one.hotKey?.toUpperCase() ?? '',
      async send(run: () => Promise<AnnotationClasses>) {
        this.busy = true;
        this.problem = null;
        try {
          const next = await run();
          this.classes = next.classes;
          changed?.(next);
          return true;
        } catch (error) {
          this.problem = error;
          // What was typed and refused is not what there is.
          this.classes = this.classes.map((one) => ({ ...one }));
          return false;
        } finally {
          this.busy = false;
        }
      },
      async add() {
        const name = this.name.trim();
        if (!name || this.busy) return false;
        const added = await this.send(() => api.post<AnnotationClasses>(`${base}/classes`, { name }));
        if (added) this.name = '';
        return added;
      },
      change(one: AnnotationClass, to: AnnotationClassChange) {
        return this.send(() => api.patch<AnnotationClasses>(`${base}/classes/${one.id}`, to));
      },
      rename(one: AnnotationClass, field: HTMLInputElement) {
        const name = field.value.trim();
        if (!name) field.value = one.name;
        else if (name !== one.name) void this.change(one, { name });
      },
      setKey(one: AnnotationClass, field: HTMLInputElement) {
        const key = field.value.trim().toLowerCase();
        if (key && !/^[0-9a-z]$/.test(key)) {
          this.problem = { key: 'labels.key.wrong' } satisfies Said;
          field.value = this.key(one);
        } else if (key !== (one.hotKey ?? '')) void this.change(one, { hotKey: key || null });
      },
      move(index: number, by: number) {
        const ids = this.classes.map((one) => one.id);
        const [id] = ids.splice(index, 1);
        ids.splice(index + by, 0, id as number);
        void this.send(() => api.put<AnnotationClasses>(`${base}/classes/order`, { ids }));
      },
      async drop(one: AnnotationClass) {
        if (!one.deletable) {
          this.problem = { key: 'labels.delete.reviewer', params: { name: one.name, reviewer } } satisfies Said;
          return;
        }
        const choice = await openDialog(deletion, { one, others: this.classes.filter((other) => other.id !== one.id), unit });
        if (choice) await this.send(() => api.post<AnnotationClasses>(`${base}/classes/${one.id}/delete`, choice));
      },
      dirty() {
        return this.name.trim() !== '';
      },
      /** OK takes a name that was typed and not yet added along. */
      async submit() {
        if (!this.name.trim() || (await this.add())) done(true);
      },
    }),
});

export async function manageLabels(args: Omit<Args, 'changed'>, changed: (next: AnnotationClasses) => void): Promise<void> {
  await openDialog(editor, { ...args, changed });
}
