import assert from 'node:assert/strict';
import { boxAt, boxesIn, density, hitBox } from '../../../webview/model/boxes.ts';
import { layoutOf, ROW, rowTop, TRACK_HEADER } from '../../../webview/model/layout.ts';
import { snap } from '../../../webview/model/playhead.ts';
import { markerAt, windowOf } from './windows.ts';

const VIEW = { from: 0, to: 1_000 };

describe('layout and hit testing', () => {
  const window = windowOf([
    { call: 1, start: 100, end: 500, kind: 1, name: 2 },
    { call: 2, start: 120, end: 300, depth: 1 },
    { call: 3, start: 150, end: 200, depth: 2, kind: 2, name: 1 },
    { call: 4, start: 130, end: 400, lane: 1 },
    { call: 5, start: 600, end: -1, track: 1, flags: 2 },
    { call: 6, start: 700, end: 700, flags: 1 },
  ]);
  const layout = layoutOf(window.tracks);
  const hit = (x: number, y: number): number => {
    const i = hitBox(window, layout, VIEW, 1_000, 900, x, y);
    return i < 0 ? -1 : boxAt(window, i, 900).call;
  };

  it('stacks tracks, lanes and rows without overlap', () => {
    assert.equal(rowTop(layout, 0, 0, 0), TRACK_HEADER);
    assert.equal(rowTop(layout, 0, 0, 2), TRACK_HEADER + 2 * ROW);
    assert.ok(rowTop(layout, 0, 1, 0) >= TRACK_HEADER + 3 * ROW);
    assert.ok(rowTop(layout, 1, 0, 0) > (layout.tracks[0]?.bottom ?? 0));
    assert.ok(layout.height > (layout.tracks[1]?.bottom ?? 0));
    assert.equal(rowTop(layout, 7, 0, 0), -1);
  });

  it('finds the box under a point, narrow ones from a little beside, open ones up to the edge', () => {
    assert.equal(hit(160, rowTop(layout, 0, 0, 0) + 5), 1);
    assert.equal(hit(160, rowTop(layout, 0, 0, 1) + 5), 2);
    assert.equal(hit(160, rowTop(layout, 0, 0, 2) + 5), 3);
    assert.equal(hit(160, rowTop(layout, 0, 1, 0) + 5), 4);
    assert.equal(hit(880, rowTop(layout, 1, 0, 0) + 5), 5);
    assert.equal(hit(950, rowTop(layout, 1, 0, 0) + 5), -1);
    assert.equal(hit(702, rowTop(layout, 0, 0, 0) + 5), 6);
    assert.equal(hit(705, rowTop(layout, 0, 0, 0) + 5), -1);
    assert.equal(hit(160, 3), -1, 'a track header is no box');
  });

  it('lists boxes by root: a tree for screen readers', () => {
    assert.deepEqual(
      boxesIn(window, VIEW, 900).map((box) => box.call),
      [1, 2, 3, 4, 6, 5],
    );
    assert.deepEqual(
      boxesIn(window, VIEW, 900, 'db').map((box) => box.call),
      [3],
    );
    assert.deepEqual(
      boxesIn(window, VIEW, 900, 'failed').map((box) => box.call),
      [6],
    );
    assert.deepEqual(
      boxesIn(window, { from: 550, to: 650 }, 900).map((box) => box.call),
      [5],
    );
  });

  it('counts every span into the overview', () => {
    const { all, failed } = density(
      windowOf([
        { call: 1, start: 0, end: 99, count: 40 },
        { call: 2, start: 500, end: 999, flags: 1 },
      ]),
      10,
      1_000,
    );
    assert.equal(all[0], 40);
    assert.deepEqual([...all.slice(5)], [1, 1, 1, 1, 1]);
    assert.equal(failed[5], 1);
  });
});

describe('playhead', () => {
  const window = windowOf([{ call: 1, start: 100, end: 500 }], {
    markers: [markerAt(700, 'state'), markerAt(800, 'drop')],
  });

  it('snaps to the selected call and to changes of state within reach, to nothing else', () => {
    assert.equal(snap(105, VIEW, 1_000, window, 1), 100);
    assert.equal(snap(495, VIEW, 1_000, window, 1), 500);
    assert.equal(snap(495, VIEW, 1_000, window, null), 495);
    assert.equal(snap(300, VIEW, 1_000, window, 1), 300);
    assert.equal(snap(703, VIEW, 1_000, window, null), 700);
    assert.equal(snap(799, VIEW, 1_000, window, null), 799);
  });

  it('stays inside the recording', () => {
    assert.equal(snap(-50, VIEW, 1_000, window, null), 0);
    assert.equal(snap(5_000, VIEW, 1_000, window, null), 1_000);
  });
});
