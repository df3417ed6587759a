import assert from 'node:assert/strict';
import type { HostMessage, SpanBrief, ViewMessage } from '../../../webview/messages.ts';
import { Controller } from '../../../webview/model/controller.ts';
import { perform } from '../../../webview/model/perform.ts';
import { toSaved } from '../../../webview/model/saved.ts';
import { spanOf } from '../../../webview/model/viewport.ts';
import { windowOf } from './windows.ts';

const MS = 1e6;
const WIDTHS = { main: 800, strip: 800 };

const span = (call: number, start: number, end: number, parent: number | null = null): SpanBrief => ({
  call,
  parent,
  root: parent ?? call,
  target: 1,
  kind: 'call',
  name: `f${call}`,
  start,
  end,
  failed: false,
  location: { file: '/app/a.ts', line: call, column: 0 },
});

const init = (live: boolean, to: number, patch: Partial<Extract<HostMessage, { kind: 'init' }>> = {}): HostMessage => ({
  kind: 'init',
  recording: 'r1',
  title: 't',
  question: null,
  originMs: 0,
  live,
  range: { from: 0, to },
  targets: [],
  probes: [],
  findings: [],
  status: { events: 2, calls: 1, dropped: 0, overheadPercent: null },
  ...patch,
});

/** A controller with a clock of its own and a record of what it sent. */
function cinema(saved: unknown = null): {
  controller: Controller;
  sent: ViewMessage[];
  tick(ms: number): void;
  last(kind: ViewMessage['kind']): ViewMessage | undefined;
} {
  const sent: ViewMessage[] = [];
  let now = 0;
  const controller = new Controller(
    { post: (message) => sent.push(message), changed: () => undefined, now: () => now },
    saved,
  );
  return {
    controller,
    sent,
    tick: (ms) => {
      now += ms;
      controller.frame(WIDTHS, true);
    },
    last: (kind) => sent.findLast((message) => message.kind === kind),
  };
}

describe('the cinema without a page', () => {
  it('follows a live recording and asks for what it shows', () => {
    const { controller, tick, sent } = cinema();
    let answered = 0;
    controller.receive(init(true, 0));
    for (let i = 1; i <= 300; i++) {
      controller.receive({ kind: 'range', range: { from: 0, to: i * 50 * MS }, live: true });
      tick(50);
      for (const asked of sent.slice(answered)) {
        if (asked.kind === 'window')
          controller.receive({ kind: 'window', requestId: asked.requestId, window: windowOf([]) });
      }
      answered = sent.length;
    }
    assert.equal(controller.state.mode, 'live');
    assert.ok(Math.abs(controller.state.playhead - 15_000 * MS) < 200 * MS);
    assert.ok(controller.state.view.to > 15_000 * MS && spanOf(controller.state.view) === 10e9);
    assert.ok(sent.some((message) => message.kind === 'playhead' && message.live));
    assert.ok(sent.filter((message) => message.kind === 'window').length > 100, 'windows follow the growing recording');
  });

  it('stands still when touched, while range and counts go on', () => {
    const { controller, tick } = cinema();
    controller.receive(init(true, 20_000 * MS));
    tick(16);
    controller.pan(-0.5);
    const { view, playhead } = controller.state;
    controller.receive({ kind: 'range', range: { from: 0, to: 25_000 * MS }, live: true });
    tick(500);
    assert.equal(controller.state.mode, 'frozen');
    assert.deepEqual(controller.state.view, view);
    assert.equal(controller.state.playhead, playhead);
    assert.equal(controller.state.range.to, 25_000 * MS);
    perform(controller, { do: 'toggle' });
    tick(16);
    assert.ok(controller.state.playhead >= 25_000 * MS);
  });

  it('goes back to now with enough in view to read, whatever was zoomed in on', () => {
    for (const back of ['key', 'host'] as const) {
      const { controller, tick } = cinema();
      controller.receive(init(true, 60_000 * MS));
      tick(16);
      const before = spanOf(controller.state.view);
      controller.setView({ from: 100 * MS, to: 120 * MS });
      assert.equal(controller.state.mode, 'frozen');
      if (back === 'key') controller.follow();
      else controller.receive({ kind: 'follow' });
      tick(16);
      assert.equal(controller.state.mode, 'live');
      assert.equal(spanOf(controller.state.view), before);
      assert.ok(controller.state.view.to >= 60_000 * MS);
    }
  });

  it('keeps following while zooming by key', () => {
    const { controller, tick } = cinema();
    controller.receive(init(true, 20_000 * MS));
    tick(16);
    perform(controller, { do: 'zoom', factor: 0.5 });
    tick(16);
    assert.equal(controller.state.mode, 'live');
    assert.ok(spanOf(controller.state.view) < 6e9);
  });

  it('selects, shows details, goes to parent and child, and focuses in two steps', () => {
    const { controller, tick, last } = cinema();
    controller.receive(init(false, 1_000 * MS));
    tick(16);
    controller.pickCall(2, 500 * MS);
    assert.deepEqual(last('select'), { kind: 'select', call: 2, reveal: true });
    controller.receive({
      kind: 'detail',
      call: 2,
      detail: {
        span: span(2, 500 * MS, 510 * MS, 1),
        body: { kind: 'call', args: [], argc: 0, self: null, outcome: { kind: 'running' } },
        duration: 10 * MS,
        parents: [span(1, 490 * MS, 520 * MS)],
        children: [span(3, 501 * MS, 502 * MS, 2)],
        childCount: 1,
        states: [],
        findings: [],
      },
    });
    perform(controller, { do: 'focus' });
    assert.ok(Math.abs((controller.state.view.from + controller.state.view.to) / 2 - 505 * MS) < MS);
    perform(controller, { do: 'focus' });
    assert.ok(spanOf(controller.state.view) < 13 * MS);
    perform(controller, { do: 'open' });
    assert.deepEqual(last('open'), { kind: 'open', location: { file: '/app/a.ts', line: 2, column: 0 } });
    perform(controller, { do: 'child' });
    assert.equal(controller.state.selected, 3);
    assert.equal(controller.state.playhead, 501 * MS);
    perform(controller, { do: 'escape' });
    assert.equal(controller.state.selected, null);
  });

  it('ignores answers nobody waits for', () => {
    const { controller, tick } = cinema();
    controller.receive(init(false, 1_000 * MS));
    tick(16);
    controller.receive({ kind: 'window', requestId: 999, window: windowOf([]) });
    assert.equal(controller.state.window, null);
    controller.receive({ kind: 'found', requestId: 77, span: span(5, 0, 1), index: 0, total: 1 });
    assert.equal(controller.state.selected, null);
    controller.receive({ kind: 'detail', call: 9, detail: null });
    assert.equal(controller.state.notice, '');
    controller.receive({ nonsense: true });
    assert.match(controller.state.notice, /does not understand/);
  });

  it('searches from the selection and brings the match into view', () => {
    const { controller, tick, last } = cinema();
    controller.receive(init(false, 100_000 * MS));
    tick(16);
    controller.setView({ from: 0, to: 10 * MS });
    controller.setSearch('needle');
    perform(controller, { do: 'match', direction: 1 });
    const asked = last('search');
    assert.ok(asked?.kind === 'search' && asked.text === 'needle' && asked.direction === 1);
    controller.receive({
      kind: 'found',
      requestId: asked.requestId,
      span: span(7, 50_000 * MS, 50_001 * MS),
      index: 2,
      total: 9,
    });
    controller.receive({
      kind: 'detail',
      call: 7,
      detail: {
        span: span(7, 50_000 * MS, 50_001 * MS),
        body: { kind: 'call', args: [], argc: 0, self: null, outcome: { kind: 'pending' } },
        duration: null,
        parents: [],
        children: [],
        childCount: 0,
        states: [],
        findings: [],
      },
    });
    const { view, search } = controller.state;
    assert.ok(view.from < 50_000 * MS && view.to > 50_001 * MS);
    assert.deepEqual(search.hit, { index: 2, total: 9 });
  });

  it('comes back as it was left, and forgets it for another recording', () => {
    const first = cinema();
    first.controller.receive(init(true, 50_000 * MS));
    first.tick(16);
    first.controller.setView({ from: 1_000 * MS, to: 2_000 * MS });
    first.controller.movePlayhead(1_500 * MS, {});
    first.controller.select(4, { approach: 'stay', reveal: false });
    first.controller.showTab('state');
    const saved: unknown = JSON.parse(JSON.stringify(toSaved(first.controller.state)));

    const again = cinema(saved);
    again.controller.receive(init(true, 60_000 * MS));
    again.tick(16);
    assert.deepEqual(again.controller.state.view, { from: 1_000 * MS, to: 2_000 * MS });
    assert.equal(again.controller.state.playhead, 1_500 * MS);
    assert.equal(again.controller.state.mode, 'frozen');
    assert.equal(again.controller.state.tab, 'state');
    assert.deepEqual(again.last('select'), { kind: 'select', call: 4, reveal: false });

    const other = cinema(saved);
    other.controller.receive(init(true, 60_000 * MS, { recording: 'r2' }));
    other.tick(16);
    assert.equal(other.controller.state.selected, null);
    assert.equal(other.controller.state.mode, 'live');
  });

  it('does not flood the host while the playhead is dragged', () => {
    const { controller, tick, sent } = cinema();
    controller.receive(init(false, 1_000 * MS));
    for (let i = 0; i < 100; i++) {
      controller.movePlayhead(i * MS, {});
      tick(10);
    }
    assert.ok(sent.filter((message) => message.kind === 'playhead').length <= 21);
    assert.equal(sent.filter((message) => message.kind === 'state').length, 1, 'one question about state at a time');
  });
});
