import assert from 'node:assert/strict';
import { emptyReason } from '../../../webview/model/empty.ts';
import { actionFor, KEY_HELP, type Key, type Zone } from '../../../webview/model/keymap.ts';
import { LiveEdge, nextMode } from '../../../webview/model/mode.ts';

describe('live and frozen', () => {
  it('freezes at a touch, returns on demand, ends for good', () => {
    assert.equal(nextMode('live', 'touch'), 'frozen');
    assert.equal(nextMode('frozen', 'touch'), 'frozen');
    assert.equal(nextMode('frozen', 'follow'), 'live');
    assert.equal(nextMode('live', 'toggle'), 'frozen');
    assert.equal(nextMode('frozen', 'toggle'), 'live');
    for (const event of ['touch', 'follow', 'toggle'] as const) assert.equal(nextMode('stopped', event), 'stopped');
    assert.equal(nextMode('live', 'stopped'), 'stopped');
  });

  it('moves smoothly between pushes, never back, never far ahead', () => {
    const edge = new LiveEdge();
    edge.reset(1e9, 0);
    assert.equal(edge.at(50, true), 1e9 + 50e6);
    assert.equal(edge.at(10_000, true), 1e9 + 150e6, 'waits when the host is silent');
    edge.push(1.1e9, 10_000);
    assert.equal(edge.at(10_000, true), 1e9 + 150e6, 'never back');
    assert.equal(edge.at(10_100, true), 1.2e9);
    const calm = new LiveEdge();
    calm.reset(1e9, 0);
    assert.equal(calm.at(90, false), 1e9, 'reduced motion: only what is known');
  });
});

describe('keys', () => {
  const key = (name: string, patch: Partial<Key> = {}): Key => ({
    key: name,
    shift: false,
    ctrl: false,
    alt: false,
    meta: false,
    ...patch,
  });
  const does = (name: string, zone: Zone, patch: Partial<Key> = {}): string | null =>
    actionFor(key(name, patch), zone)?.do ?? null;

  it('does what the help says it does', () => {
    for (const [names] of KEY_HELP) {
      for (const shown of names.split(/\s{2,}/)) {
        const name =
          {
            '←': 'ArrowLeft',
            '→': 'ArrowRight',
            '↑': 'ArrowUp',
            '↓': 'ArrowDown',
            Space: ' ',
            Esc: 'Escape',
            '1 – 5': '1',
          }[shown] ?? shown;
        assert.ok(does(name, 'timeline') !== null, shown);
      }
    }
  });

  it('leaves letters to text fields, and Space, Enter and arrows to controls', () => {
    for (const name of ['w', 'a', ' ', '/', '1', 'ArrowLeft']) assert.equal(does(name, 'text'), null);
    assert.equal(does('Enter', 'text'), 'match');
    assert.equal(does('Escape', 'text'), 'escape');
    for (const name of [' ', 'Enter', 'ArrowDown', 'Home']) assert.equal(does(name, 'control'), null);
    assert.equal(does('w', 'control'), 'zoom');
  });

  it('leaves combinations to VS Code, and Shift makes larger steps', () => {
    for (const modifier of ['ctrl', 'alt', 'meta']) assert.equal(does('w', 'timeline', { [modifier]: true }), null);
    assert.deepEqual(actionFor(key('D', { shift: true }), 'timeline'), { do: 'pan', share: 1 });
    assert.deepEqual(actionFor(key('Enter', { shift: true }), 'timeline'), { do: 'match', direction: -1 });
  });
});

describe('nothing shows', () => {
  const input = { connected: true, live: true, calls: 0, events: 0, dropped: 0, probes: [], inView: 0 };
  const probe = (
    status: 'installed' | 'waiting' | 'failed',
    reason = '',
  ): { status: typeof status; at: string; reason: string } => ({ status, at: 'a.ts#f', reason });

  it('always says why', () => {
    assert.equal(emptyReason({ ...input, connected: false })?.title, 'Waiting for NodeScope');
    assert.equal(emptyReason(input)?.title, 'Installing probes');
    assert.equal(
      emptyReason({ ...input, probes: [probe('installed'), probe('waiting', 'has not run')] })?.title,
      'Waiting for the first call',
    );
    const none = emptyReason({ ...input, probes: [probe('failed', 'No function of this name.')] });
    assert.equal(none?.title, 'No probe matched');
    assert.match(none?.lines.join() ?? '', /a\.ts#f: No function of this name/);
    const stopped = emptyReason({ ...input, live: false, dropped: 7, probes: [probe('installed')] });
    assert.match(stopped?.lines.join() ?? '', /7 events could not be kept/);
    assert.equal(emptyReason({ ...input, calls: 3 })?.title, 'No calls in this stretch of time');
  });

  it('says nothing while something shows or is still loading', () => {
    assert.equal(emptyReason({ ...input, calls: 3, inView: 1 }), null);
    assert.equal(emptyReason({ ...input, calls: 3, inView: null }), null);
  });
});
