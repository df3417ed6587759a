import assert from 'node:assert/strict';
import { cinemaHtml, cinemaPolicy } from '../../../webview/html.ts';
import { parseHostMessage } from '../../../webview/model/parse-host.ts';
import { parseViewMessage } from '../../../webview/model/parse-view.ts';
import { parseSaved } from '../../../webview/model/saved.ts';
import { windowOf } from './windows.ts';

const span = {
  call: 1,
  parent: null,
  root: 1,
  target: 1,
  kind: 'call',
  name: 'f',
  start: 0,
  end: 5,
  failed: false,
  location: null,
};
const detail = {
  span,
  body: {
    kind: 'call',
    args: [1, { $: 'object', entries: [['a', null]] }],
    argc: 2,
    self: null,
    outcome: { kind: 'returned', value: { $: 'undefined' } },
  },
  duration: 5,
  parents: [],
  children: [],
  childCount: 0,
  states: [
    { path: 'this.x', holder: 1, before: null, after: 2, diff: [{ path: '', op: 'changed', before: null, after: 2 }] },
  ],
  findings: [],
};

describe('messages of the host', () => {
  it('takes what it should be', () => {
    for (const message of [
      { kind: 'range', range: { from: 0, to: 5 }, live: true },
      { kind: 'window', requestId: 2, window: windowOf([{ call: 1, start: 0, end: 1 }]) },
      { kind: 'detail', call: 1, detail },
      { kind: 'detail', call: 1, detail: null },
      { kind: 'found', requestId: 1, span, index: 0, total: 1 },
      { kind: 'focus', call: null, t: 5, finding: null, tab: 'state' },
      {
        kind: 'state',
        requestId: 1,
        t: 5,
        items: [{ target: 1, holder: 1, path: 'x', key: 3, value: 1, present: true, since: 2, by: span, diff: [] }],
      },
    ]) {
      assert.equal(parseHostMessage(message), message, message.kind);
    }
  });

  it('refuses everything else', () => {
    const window = windowOf([{ call: 1, start: 0, end: 1 }]);
    const deep = Array.from({ length: 100 }).reduce<unknown>((inner) => ({ $: 'array', items: [inner] }), 1);
    const withValue = (value: unknown): unknown => ({
      kind: 'detail',
      call: 1,
      detail: { ...detail, body: { ...detail.body, args: [value] } },
    });
    for (const message of [
      null,
      'ready',
      [],
      {},
      { kind: 'eval', code: '1' },
      { kind: 'range', range: { from: 5, to: 0 }, live: true },
      { kind: 'range', range: { from: 0, to: Number.NaN }, live: true },
      { kind: 'status', status: { events: '5', calls: 0, dropped: 0, overheadPercent: null } },
      { kind: 'window', requestId: 1, window: { ...window, names: [] } },
      { kind: 'window', requestId: 1, window: { ...window, spans: { ...window.spans, end: new Float64Array(9) } } },
      { kind: 'window', requestId: 1, window: { ...window, spans: { ...window.spans, call: [1] } } },
      { kind: 'window', requestId: 1, window: { ...window, spans: { ...window.spans, track: Uint16Array.of(9) } } },
      { kind: 'focus', call: null, t: null, finding: null, tab: 'settings' },
      withValue(deep),
      withValue({ $: 'object', entries: 'x' }),
      withValue({ $: 'object', entries: [['only a key']] }),
      withValue({ $: 'html', v: '<b>' }),
      withValue(undefined),
      withValue(() => 1),
    ]) {
      assert.equal(parseHostMessage(message), null, JSON.stringify(message)?.slice(0, 80));
    }
  });
});

describe('messages of the view', () => {
  it('rebuilds what it should be, without what does not belong to it', () => {
    assert.deepEqual(parseViewMessage({ kind: 'ready', extra: 1 }), { kind: 'ready' });
    assert.deepEqual(parseViewMessage({ kind: 'window', requestId: 1, from: 0, to: 9, pixels: 100.4 }), {
      kind: 'window',
      requestId: 1,
      from: 0,
      to: 9,
      pixels: 100,
    });
    assert.deepEqual(parseViewMessage({ kind: 'open', location: { file: '/a.ts', line: 1, column: 0, evil: true } }), {
      kind: 'open',
      location: { file: '/a.ts', line: 1, column: 0 },
    });
    const search = parseViewMessage({
      kind: 'search',
      requestId: 1,
      text: 'x'.repeat(9_999),
      call: null,
      t: 0,
      direction: -1,
    });
    assert.ok(search?.kind === 'search' && search.text.length === 1_000);
  });

  it('refuses everything else', () => {
    for (const message of [
      undefined,
      { kind: 'window', requestId: 1, from: 9, to: 0, pixels: 100 },
      { kind: 'window', requestId: 1, from: 0, to: 9, pixels: 1e9 },
      { kind: 'window', requestId: 1, from: 0, to: Number.POSITIVE_INFINITY, pixels: 10 },
      { kind: 'open', location: { file: 5, line: 1, column: 0 } },
      { kind: 'search', requestId: 1, text: 'x', call: null, t: 0, direction: 2 },
      { kind: 'select', call: '1', reveal: true },
      { kind: 'exec', command: 'rm' },
    ]) {
      assert.equal(parseViewMessage(message), null);
    }
  });
});

describe('what is kept over a reload', () => {
  const kept = {
    version: 1,
    recording: 'r',
    from: 0,
    to: 9,
    playhead: 3,
    selected: null,
    finding: null,
    tab: 'state',
    live: false,
    search: '',
  };
  it('is taken when whole and left when not', () => {
    assert.deepEqual(parseSaved(kept), kept);
    for (const bad of [null, 5, {}, { ...kept, version: 2 }, { ...kept, to: 0 }, { ...kept, tab: 'x' }])
      assert.equal(parseSaved(bad), null);
  });
});

describe('the page', () => {
  const page = {
    scriptUri: 'https://x/cinema.js?a="><b>',
    styleUri: 'https://x/c.css',
    cspSource: 'https://x',
    nonce: 'abc',
  };
  it('has a strict policy and nothing inline', () => {
    const policy = cinemaPolicy(page);
    assert.match(policy, /^default-src 'none';/);
    assert.ok(!policy.includes('unsafe'));
    const html = cinemaHtml(page);
    assert.ok(html.includes('?a=&quot;&gt;&lt;b&gt;'));
    assert.equal(html.match(/<script/g)?.length, 1);
    assert.ok(!/\son\w+=|style=/.test(html.replace(/content="[^"]*"/, '')));
  });
});
