import assert from 'node:assert/strict';
import {
  centreOn,
  clampView,
  fitView,
  isVisible,
  panBy,
  spanOf,
  timeAt,
  xOf,
  zoomAt,
} from '../../../webview/model/viewport.ts';
import { requestFor, resolutionOf, WindowLoader } from '../../../webview/model/window-loader.ts';

const RANGE = { from: 0, to: 1e9 };

describe('viewport', () => {
  it('keeps the time under the pointer while zooming, in and out', () => {
    let view = { from: 2e8, to: 6e8 };
    const t = 3e8;
    const x = xOf(view, 800, t);
    for (const factor of [0.5, 0.5, 2, 0.25]) {
      view = zoomAt(view, t, factor, RANGE);
      assert.ok(Math.abs(xOf(view, 800, t) - x) < 1e-6);
    }
  });

  it('turns pixels into times and back', () => {
    const view = { from: 1e15, to: 1e15 + 1e6 };
    for (const x of [0, 1, 399.5, 800]) assert.ok(Math.abs(xOf(view, 800, timeAt(view, 800, x)) - x) < 1e-3);
  });

  it('never loses the recording, however far it is panned or zoomed', () => {
    let view = { from: 4e8, to: 5e8 };
    for (let i = 0; i < 100; i++) view = panBy(view, 3, RANGE);
    assert.ok(isVisible(view, RANGE.to));
    for (let i = 0; i < 100; i++) view = panBy(view, -3, RANGE);
    assert.ok(isVisible(view, RANGE.from));
    for (let i = 0; i < 100; i++) view = zoomAt(view, 5e8, 4, RANGE);
    assert.ok(spanOf(view) <= 1.2e9 + 1);
    for (let i = 0; i < 200; i++) view = zoomAt(view, 5e8, 0.1, RANGE);
    assert.ok(spanOf(view) >= 500 && Number.isFinite(view.from));
  });

  it('fits with air on both sides, and centres', () => {
    const view = fitView(4e8, 5e8, RANGE);
    assert.ok(view.from < 4e8 && view.to > 5e8 && spanOf(view) < 1.5e8);
    const centred = centreOn(view, 7e8, RANGE);
    assert.equal((centred.from + centred.to) / 2, 7e8);
    assert.equal(spanOf(centred), spanOf(view));
    const empty = clampView({ from: 0, to: 1 }, { from: 0, to: 0 });
    assert.ok(spanOf(empty) > 0);
  });
});

describe('window loader', () => {
  it('asks for about three widths at a power of two per pixel, and the same for a small pan', () => {
    const view = { from: 1e8, to: 1e8 + 3_000_000 };
    const request = requestFor(view, 700);
    const perPixel = (request.to - request.from) / request.pixels;
    assert.equal(Math.log2(perPixel) % 1, 0);
    assert.ok(perPixel <= 3_000_000 / 700);
    assert.ok(request.from < view.from - 1_000_000 && request.to > view.to + 1_000_000);
    assert.ok(request.to - request.from < 5 * 3_000_000);
    assert.equal(resolutionOf(view, 700), perPixel);
  });

  it('has one request under way, drops stale answers, and asks again when the view has left', () => {
    const loader = new WindowLoader(2);
    const view = { from: 0, to: 1e6 };
    const first = loader.want(view, 500, 1e9, 0);
    assert.ok(first !== null);
    assert.equal(loader.want({ from: 5e6, to: 6e6 }, 500, 1e9, 1), null, 'one at a time');
    assert.equal(loader.accept(first.id + 2), false);
    assert.equal(loader.accept(first.id), true);
    assert.equal(loader.want({ from: 1e5, to: 1.1e6 }, 500, 1e9, 2), null, 'still within what was loaded');
    const second = loader.want({ from: 5e6, to: 6e6 }, 500, 1e9, 3);
    assert.ok(second !== null && second.id !== first.id);
    assert.equal(loader.accept(first.id), false, 'an answer that is not awaited any more');
    assert.ok(loader.want({ from: 5e6, to: 6e6 }, 500, 1e9, 10_000) !== null, 'patience ends');
  });

  it('takes the late answer of a slow host, and none older than that', () => {
    const loader = new WindowLoader(2);
    const first = loader.want({ from: 0, to: 1e6 }, 500, 1e9, 0);
    const again = loader.want({ from: 0, to: 1e6 }, 500, 1e9, 5_000);
    const third = loader.want({ from: 0, to: 1e6 }, 500, 1e9, 10_000);
    assert.ok(first !== null && again !== null && third !== null);
    assert.equal(loader.accept(again.id), true);
    assert.equal(loader.accept(first.id), false);
    assert.equal(loader.waiting, true);
    assert.equal(loader.accept(third.id), true);
    assert.equal(loader.waiting, false);
  });

  it('asks again when the recording has grown into the view, not when it grew elsewhere', () => {
    const loader = new WindowLoader(2);
    const id = loader.want({ from: 0, to: 1e6 }, 500, 5e5, 0)?.id ?? -1;
    loader.accept(id);
    assert.ok(loader.want({ from: 0, to: 1e6 }, 500, 6e5, 1) !== null);
    const other = new WindowLoader(2);
    other.accept(other.want({ from: 0, to: 1e6 }, 500, 2e6, 0)?.id ?? -1);
    assert.equal(other.want({ from: 0, to: 1e6 }, 500, 9e6, 1), null);
  });
});
