import type { Controller } from './controller.ts';
import type { Action } from './keymap.ts';
import { centreOn, fitView, spanOf } from './viewport.ts';

/** Does what a key or a button asks for. `search` only moves the focus, which is the page's. */
export function perform(cinema: Controller, action: Action): void {
  const s = cinema.state;
  switch (action.do) {
    case 'zoom':
      cinema.zoom(action.factor);
      break;
    case 'pan':
      cinema.pan(action.share);
      break;
    case 'scrub':
      cinema.movePlayhead(s.playhead + action.share * spanOf(s.view), { show: true });
      break;
    case 'step':
      cinema.seek('step', action.direction);
      break;
    case 'match':
      cinema.seek('search', action.direction);
      break;
    case 'finding':
      stepFinding(cinema, action.direction);
      break;
    case 'tab':
      cinema.showTab(action.tab);
      break;
    case 'parent':
    case 'child': {
      const span = action.do === 'parent' ? s.detail?.parents.at(-1) : s.detail?.children[0];
      if (span !== undefined) cinema.goTo(span);
      break;
    }
    case 'focus':
      focusSelection(cinema);
      break;
    case 'fitAll':
      cinema.setView(fitView(s.range.from, Math.max(s.range.to, s.range.from + 1), s.range));
      break;
    case 'start':
    case 'end':
      cinema.movePlayhead(action.do === 'start' ? s.range.from : s.range.to, { show: true });
      break;
    case 'help':
      cinema.toggleHelp(!s.help);
      break;
    case 'escape':
      leave(cinema);
      break;
    case 'toggle':
      if (s.mode === 'live') cinema.freeze();
      else cinema.follow();
      break;
    case 'open':
      if (s.brief?.location) cinema.open(s.brief.location);
      break;
    case 'search':
      break;
  }
}

function stepFinding(cinema: Controller, direction: 1 | -1): void {
  const sorted = [...cinema.state.findings].sort((a, b) => a.firstAt - b.firstAt);
  const current = sorted.findIndex((finding) => finding.id === cinema.state.finding);
  const next = current < 0 ? (direction === 1 ? 0 : sorted.length - 1) : current + direction;
  const found = sorted[(next + sorted.length) % Math.max(sorted.length, 1)];
  if (found !== undefined) cinema.showFinding(found.id);
}

/** First the selected call comes to the middle; when it is there, it fills the view. */
function focusSelection(cinema: Controller): void {
  const s = cinema.state;
  if (s.brief === null) return;
  const end = s.brief.end ?? s.range.to;
  const middle = (s.brief.start + end) / 2;
  const centred = Math.abs(middle - (s.view.from + s.view.to) / 2) < spanOf(s.view) * 0.02;
  cinema.setView(centred ? fitView(s.brief.start, end, s.range) : centreOn(s.view, middle, s.range));
}

/** One thing at a time: the help, then the search, then the selection. */
function leave(cinema: Controller): void {
  const s = cinema.state;
  if (s.help) cinema.toggleHelp(false);
  else if (s.search.text !== '') cinema.setSearch('');
  else if (s.selected !== null || s.finding !== null) cinema.clear();
}
