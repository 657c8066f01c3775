/** The markup of the work screen. */
import { icon } from '../mount.ts';

const toolButton = (name: string, mark: string, key: string, show: string) =>
  `<button type="button" class="icon-button" x-show="${show}" @click="use('${name}')" :aria-pressed="tool === '${name}' ? 'true' : 'false'" x-t:aria-label="work.tool.${name}" :title="$t('work.tool.${name}') + ' (${key})'">${icon(mark)}</button>`;
const action = (call: string, mark: string, text: string, key: string, more = '') =>
  `<button type="button" class="icon-button" @click="${call}" x-t:aria-label="${text}" :title="$t('${text}') + ' (${key})'" ${more}>${icon(mark)}</button>`;

const head = `<header class="work-head">
  <a class="icon-button" href="/annotations" x-t:aria-label="work.back" x-t:title="work.back">${icon('chevron-left')}</a>
  <div class="work-title"><h1 data-verbatim x-text="title()"></h1><span class="work-count" x-text="countText()"></span><div class="work-bar" x-progress.thin="progress()"></div></div>
  <button type="button" class="save-state" :class="saveState" @click="explainSave($el)" aria-haspopup="dialog" aria-expanded="false"><span x-icon="saveIcon()"></span><span role="status" x-text="saveText()"></span></button>
  <span class="spacer"></span>
  ${action('undo()', 'undo-2', 'work.undo', 'Ctrl+Z', ':disabled="grid ? !gridSteps : !canUndo && !points"')}
  ${action('redo()', 'redo-2', 'work.redo', 'Ctrl+Y', ':disabled="grid || !canRedo"')}
  ${action('openKeys()', 'keyboard', 'keys.title', '?')}
  ${action('openHelp()', 'circle-question-mark', 'work.help', 'H')}
  <button type="button" class="button" x-show="may('auto')" @click="auto()">${icon('wand-sparkles')}<span x-t="auto.title"></span></button>
  <button type="button" class="button" x-show="may('classes')" @click="manage()">${icon('tags')}<span x-t="labels.manage"></span></button>
  <button type="button" class="button" x-show="may('annotate')" @click="saveNow()">${icon('save')}<span x-t="work.save"></span></button>
  <button type="button" class="button primary" x-show="finishPart()" @click="tellDone()" :disabled="busy">${icon('send')}<span x-t="work.done"></span></button>
  <button type="button" class="button primary" x-show="may('complete')" @click="complete()" :disabled="busy">${icon('circle-check')}<span x-t="work.complete"></span></button>
</header>`;

const films = `<aside class="films" x-t:aria-label="work.pictures">
  <div class="films-head"><select x-model="filter" @change="refilter()" x-t:aria-label="work.filter">
      <template x-for="one in filters()" :key="one"><option :value="one" :selected="one === filter" x-text="filterText(one)"></option></template></select>
    <label class="check" x-show="ranked"><input type="checkbox" x-model="unsure" @change="refilter()"><span x-t="work.unsure"></span></label>
    <input type="search" class="films-jump" data-search x-model="search" @keydown.enter="jump($event)" x-t:placeholder="work.jump" x-t:aria-label="work.jump">
    <div class="films-tools"><span class="field-note" x-text="placeText()"></span><span class="spacer"></span>
      <button type="button" class="icon-button" x-show="mode === 'whole'" @click="toggleGrid()" :aria-pressed="grid ? 'true' : 'false'" x-t:aria-label="work.grid" :title="$t('work.grid') + ' (G)'">${icon('layout-grid')}</button></div></div>
  <div class="films-list" x-ref="films" tabindex="-1"></div></aside>`;

const tools = `<div class="tools" role="toolbar" aria-orientation="vertical" x-t:aria-label="work.tools" x-show="!grid">
  ${toolButton('select', 'mouse-pointer-2', 'V', "mode === 'box' || mode === 'polygon'")}
  ${toolButton('box', 'square', 'B', "mode === 'box'")}
  ${toolButton('polygon', 'pentagon', 'P', "mode === 'polygon' || mode === 'pixel'")}
  ${toolButton('hole', 'circle-dot-dashed', 'O', "mode === 'polygon'")}
  ${toolButton('brush', 'brush', 'R', "mode === 'pixel'")}
  ${toolButton('eraser', 'eraser', 'E', "mode === 'pixel'")}
  ${toolButton('fill', 'paint-bucket', 'F', "mode === 'pixel'")}
  ${toolButton('pan', 'hand', 'Q', 'true')}
  <span class="tools-rule"></span>
  ${action('zoomBy(1.4)', 'zoom-in', 'work.zoom-in', '+')}
  ${action('zoomBy(0.7)', 'zoom-out', 'work.zoom-out', '−')}
  ${action('fit()', 'maximize', 'work.fit', 'Z')}
  <span class="tools-rule"></span>
  ${action("toggle('crosshair')", 'crosshair', 'work.crosshair', 'X', `x-show="mode !== 'whole'" :aria-pressed="look.crosshair ? 'true' : 'false'"`)}
  ${action("toggle('shapes')", 'eye', 'work.show', 'S', `x-show="mode !== 'whole'" :aria-pressed="look.shapes ? 'true' : 'false'"`)}
  ${action("toggle('names')", 'type', 'work.names', 'W', `x-show="mode === 'box' || mode === 'polygon'" :aria-pressed="look.names ? 'true' : 'false'"`)}
  <button type="button" class="icon-button" @click="openLook($el)" aria-haspopup="dialog" aria-expanded="false" x-t:aria-label="work.look" x-t:title="work.look">${icon('sliders-horizontal')}</button>
</div>`;

const centre = `<section class="desk" x-t:aria-label="work.desk">
  <div class="easel" x-ref="stage" x-show="!grid" role="application" x-t:aria-label="work.canvas"></div>
  <div class="grid-place" x-ref="grid" x-show="grid" tabindex="-1"></div>
  <div class="desk-note amber" x-show="note()"><span x-icon="noteIcon()"></span><span class="pre-line" x-text="note()"></span></div>
  <div class="desk-message" x-show="start()"><div class="empty">${icon('tags', 'empty-icon')}<h2 x-t="work.start.title"></h2><p x-text="$t(may('classes') ? 'work.start.text' : 'work.start.wait')"></p>
    <div class="empty-buttons"><button type="button" class="button primary large" x-show="may('classes')" @click="manage()" x-t="work.start"></button></div></div></div>
  <div class="desk-message" x-show="nothingHere()"><div class="empty">${icon('images', 'empty-icon')}<h2 x-t="work.none"></h2><p x-t="work.none.text"></p><div class="empty-buttons"><button type="button" class="button" @click="showAll()" x-t="work.filter.all.do"></button></div></div></div>
  <div class="desk-message" x-show="problem"><div x-problem="problem"></div></div>
  <footer class="desk-foot" x-show="!grid">
    <button type="button" x-show="!points" class="button" @click="go(-1)" :title="$t('work.previous') + ' (A, ←)'">${icon('chevron-left')}<span x-t="work.previous"></span></button>
    <button type="button" x-show="!points" class="button" @click="go(1)" :title="$t('work.next') + ' (D, →)'"><span x-t="work.next"></span>${icon('chevron-right')}</button>
    <button type="button" x-show="!points" class="button quiet" @click="nextTodo()" :title="$t('work.todo') + ' (U)'">${icon('skip-forward')}<span class="foot-word" x-t="work.todo"></span></button>
    <div class="draw-bar" x-show="points"><b x-text="$t('work.drawn', { n: points })"></b>
      <button type="button" class="button primary" @click="finishDrawing()" :disabled="points < 3" title="Enter">${icon('check')}<span x-t="work.close-polygon"></span></button>
      <button type="button" class="button" @click="pointBack()" title="Ctrl+Z">${icon('undo-2')}<span x-t="work.point-back"></span></button>
      <button type="button" class="button" @click="cancel()" title="Esc">${icon('x')}<span x-t="work.give-up"></span></button></div>
    <span class="desk-name cut" data-verbatim x-text="pictureName()" :title="pictureName()"></span>
    <span class="spacer"></span>
    <span class="chip plain amber" x-show="others.length" x-text="othersText()"></span>
    <label class="brush-size" x-show="tool === 'brush' || tool === 'eraser'"><span x-t="work.brush-size"></span><input type="range" min="1" max="200" x-model.number="brush" @input="setBrush()" x-t:aria-label="work.brush-size"><span class="number" x-text="$t('work.pixels', { n: brush })"></span></label>
    <span class="number desk-at" x-text="at" aria-hidden="true"></span>
    <span class="number desk-zoom" x-text="zoom"></span>
  </footer></section>`;

const classes = `<section class="tag-classes">
  <header class="tag-head"><h2 x-text="$t(mode === 'whole' ? 'work.label' : 'work.labels')"></h2><span class="spacer"></span>
    <button type="button" class="icon-button" x-show="may('classes')" @click="manage()" x-t:aria-label="labels.manage" x-t:title="labels.manage">${icon('plus')}</button></header>
  <ul class="tag-list" :class="{ large: mode === 'whole' }">
    <template x-for="one in classes" :key="one.id"><li><button type="button" class="tag" @click="pick(one.id)" :aria-pressed="picked(one.id) ? 'true' : 'false'" :disabled="!editable()">
      <span class="swatch" :style="{ backgroundColor: one.colour }"></span><span class="cut" data-verbatim x-text="one.name" :title="one.name"></span><span class="tag-score" x-show="proposedScore(one.id)" x-text="proposedScore(one.id)"></span><kbd x-show="one.hotKey" x-text="key(one)"></kbd></button><button type="button" class="icon-button tag-eye" x-show="mode !== 'whole'" @click="toggleLayer(one.id)" :aria-pressed="layerShown(one.id) ? 'false' : 'true'" :aria-label="$t(layerShown(one.id) ? 'work.layer.hide' : 'work.layer.show', { name: one.name })"><span x-icon="layerShown(one.id) ? 'eye' : 'eye-off'"></span></button></li></template>
    <li x-show="mode === 'pixel' && classes.length"><button type="button" class="tag" @click="pick(0)" :aria-pressed="picked(0) ? 'true' : 'false'" :disabled="!editable()"><span class="swatch none"></span><span x-t="work.no-label"></span></button></li>
  </ul></section>`;

const shapes = `<section class="tag-shapes" x-show="mode === 'box' || mode === 'polygon' || (mode === 'pixel' && proposals > 0)">
  <header class="tag-head"><h2 x-text="$t(mode === 'polygon' ? 'work.polygons' : mode === 'box' ? 'work.boxes' : 'work.proposals')"></h2><span class="count-chip" x-text="$f.count(shapeCount)"></span><span class="spacer"></span>
    <button type="button" class="icon-button" @click="copyOn()" :disabled="!editable() || !shapeCount" x-show="mode === 'box' || mode === 'polygon'" x-t:aria-label="work.copy" :title="$t('work.copy') + ' (C)'">${icon('copy')}</button>
    <button type="button" class="icon-button" @click="remove()" :disabled="!editable() || !selected.length" x-t:aria-label="work.delete" :title="$t('work.delete') + ' (Delete)'">${icon('trash-2')}</button></header>
  <div class="proposal-bar" x-show="proposals > 0 && editable()"><span x-text="$t('work.proposed', { n: proposals })"></span>
    <label><span class="visually-hidden" x-t="auto.above"></span><input type="number" min="0" max="100" step="5" x-model.number="above"><span>%</span></label>
    <button type="button" class="button small" @click="acceptAbove()" x-t="work.accept-above"></button>
    <button type="button" class="button small quiet" @click="rejectAll()" x-t="work.reject-all"></button></div>
  <div class="shape-list" x-ref="shapes" tabindex="-1"></div></section>`;

const foot = `<footer class="tag-foot">
  <div class="proposal-bar" x-show="mode === 'whole' && proposals > 0 && editable()"><span x-text="wholeProposal()"></span><button type="button" class="button small" @click="acceptAbove()" x-t="work.accept"></button></div>
  <label class="check" x-show="mode === 'whole'"><input type="checkbox" x-model="advance" @change="keepAdvance()"><span x-t="work.advance"></span></label>
  <label class="check" x-show="mode !== 'whole'"><input type="checkbox" :checked="empty" @change="setNothing($event.target.checked)" :disabled="!editable() || hasShapes"><span><span x-t="work.nothing"></span><small class="field-note" x-t="work.nothing.note"></small></span></label>
  <button type="button" class="button" @click="toggleDelete()" :class="{ marked: deleted }" :aria-pressed="deleted ? 'true' : 'false'" :disabled="!editable()" :title="$t('work.mark-delete') + ' (K)'">${icon('trash-2')}<span x-text="$t(deleted ? 'work.unmark-delete' : 'work.mark-delete')"></span></button>
  <div class="review" x-show="may('review') && current">
    <span class="review-state" x-text="reviewText()"></span>
    <div class="review-buttons"><button type="button" class="button" @click="review('accept')" :disabled="!reviewable()" :title="$t('work.accept-picture') + ' (Y)'">${icon('check')}<span x-t="work.accept-picture"></span></button>
    <button type="button" class="button" @click="review('return')" :disabled="!reviewable()" :title="$t('work.return-picture') + ' (J)'">${icon('undo-2')}<span x-t="work.return-picture"></span></button></div></div></footer>`;

export const WORK = `<div class="work" :class="mode">
  ${head}
  <div class="work-body">${films}${tools}${centre}
  <aside class="tagging" x-t:aria-label="work.tagging">
    <div class="grid-bar" x-show="grid"><b x-text="$t('work.grid.selected', { n: gridCount })"></b><p class="field-note" x-t="work.grid.how"></p>
      <div class="review-buttons"><button type="button" class="button small" @click="gridAll()" x-t="work.grid.all"></button><button type="button" class="button small" @click="gridNone()" :disabled="!gridCount" x-t="work.grid.none"></button><button type="button" class="button small" @click="gridDelete()" :disabled="!gridCount" x-t="work.mark-delete"></button></div></div>
    ${classes}${shapes}<div x-show="!grid">${foot}</div></aside></div></div>`;
