import assert from 'node:assert/strict';
import { SpanFlag, type TimelineWindow, timelineWindow } from '../../../src/tracer/query/timeline.ts';
import { Recording } from '../../../src/tracer/store/recording.ts';
import { Trace } from '../finding/trace.ts';
import { manifest } from '../store/fixture.ts';

function recorded(trace: Trace): Recording {
  const recording = Recording.live(manifest());
  recording.append(trace.events);
  return recording;
}

/** Boxes as objects. */
function boxes(window: TimelineWindow) {
  const { spans } = window;
  return [...spans.call].map((call, i) => ({
    call,
    name: window.names[spans.name[i] as number],
    start: spans.start[i] as number,
    end: spans.end[i] as number,
    row: `${spans.track[i]}/${spans.lane[i]}/${spans.depth[i]}`,
    lane: spans.lane[i] as number,
    flags: spans.flags[i] as number,
    count: spans.count[i] as number,
  }));
}

/** Many requests with nested, partly parallel calls and queries, interleaved at random. */
function traffic(requests: number, seed = 7): Trace {
  const trace = new Trace();
  let state = seed;
  const pick = (n: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % n;
  };
  const running: (() => boolean)[] = [];
  let started = 0;
  while (started < requests || running.length > 0) {
    if (started < requests && (running.length === 0 || pick(3) === 0)) {
      const root = trace.http('GET', `/projects/${started++}`);
      const open: (() => void)[] = [];
      let left = 3 + pick(6);
      running.push(() => {
        if (left-- > 0) {
          const call = trace.enter(1 + pick(4), root);
          open.push(() => trace.exit(call, 1));
          return true;
        }
        const end = open.splice(pick(open.length), 1)[0];
        if (end !== undefined) {
          end();
          return true;
        }
        trace.httpEnd(root);
        return false;
      });
    } else {
      const i = pick(running.length);
      if (!(running[i] as () => boolean)()) running.splice(i, 1);
    }
  }
  return trace;
}

describe('timeline window', () => {
  it('places children below their parents, and never two spans on top of each other', () => {
    const recording = recorded(traffic(120));
    const { from, to } = recording.range();
    const window = timelineWindow(recording, { from, to, pixels: 100_000, maxSpans: 100_000 });
    assert.equal(window.total, recording.spanCount);
    const all = boxes(window);
    assert.equal(all.length, recording.spanCount);
    const rows = new Map<string, typeof all>();
    for (const box of all) rows.set(box.row, [...(rows.get(box.row) ?? []), box]);
    for (const row of rows.values()) {
      row.sort((a, b) => a.start - b.start);
      for (let i = 1; i < row.length; i++) {
        const [a, b] = [row[i - 1], row[i]];
        assert.ok(a && b && a.end <= b.start, `overlap in row ${b?.row}`);
      }
    }
    for (const box of all) {
      const span = recording.span(box.call);
      const parent = all.find((other) => other.call === span?.parent);
      if (parent === undefined) continue;
      assert.equal(box.lane, parent.lane);
      assert.ok(Number(box.row.split('/')[2]) > Number(parent.row.split('/')[2]));
    }
    const [track] = window.tracks;
    assert.equal(track?.title, 'server.js (pid 4711)');
    assert.ok(all.every((box) => Number(box.row.split('/')[2]) < (track?.laneRows[box.lane] ?? 0)));
  });

  it('never moves what it has placed, however the recording grows', () => {
    const { events } = traffic(60);
    const recording = Recording.live(manifest());
    const placed = new Map<number, string>();
    for (let i = 0; i < events.length; i += 50) {
      recording.append(events.slice(i, i + 50));
      const { from, to } = recording.range();
      for (const box of boxes(timelineWindow(recording, { from, to, pixels: 100_000, maxSpans: 100_000 }))) {
        assert.equal(placed.get(box.call) ?? box.row, box.row);
        placed.set(box.call, box.row);
      }
    }
    assert.ok(placed.size > 200);
  });

  it('merges what is narrower than a pixel, loses no span, and keeps failures visible', () => {
    const trace = new Trace();
    for (let i = 0; i < 5_000; i++) {
      const call = trace.enter(1);
      if (i === 1_234) trace.fail(call, 1, 'no');
      else trace.exit(call, 1);
    }
    const recording = recorded(trace);
    const { from, to } = recording.range();
    const window = timelineWindow(recording, { from, to, pixels: 800 });
    const all = boxes(window);
    assert.ok(all.length <= 4_000);
    assert.equal(
      all.reduce((sum, box) => sum + box.count, 0),
      5_000,
    );
    const failed = all.filter((box) => (box.flags & SpanFlag.failed) !== 0);
    assert.equal(failed.length, 1);
    assert.equal(recording.span(failed[0]?.call ?? 0)?.failed, true, 'the failed span stands for its box');
    const near = timelineWindow(recording, { from: from + 1e9, to: from + 1.05e9, pixels: 800 });
    assert.ok(boxes(near).every((box) => box.count === 1));
    assert.ok(near.total > 10 && near.total < 60);
  });

  it('stays within maxSpans by coarser merging, and says so', () => {
    const recording = recorded(traffic(400));
    const { from, to } = recording.range();
    const window = timelineWindow(recording, { from, to, pixels: 20_000, maxSpans: 150 });
    assert.ok(window.spans.call.length <= 150);
    assert.equal(window.coarse, true);
    assert.equal(timelineWindow(recording, { from, to, pixels: 100, maxSpans: 100_000 }).coarse, false);
  });

  it('shows open spans, spans that began before the window, and nothing from outside', () => {
    const trace = new Trace();
    const open = trace.http();
    const done = trace.enter(1);
    trace.exit(done, 1);
    const late = trace.enter(2);
    const recording = recorded(trace);
    const window = boxes(timelineWindow(recording, { from: 2.5e6, to: 3.5e6, pixels: 100 }));
    assert.deepEqual(
      window.map((box) => [box.call, box.end, box.flags]),
      [
        [open.call, -1, SpanFlag.open],
        [done.call, 3e6, 0],
      ],
    );
    assert.ok(!window.some((box) => box.call === late.call));
  });

  it('marks findings, losses, exits and state changes, close ones as one', () => {
    const trace = new Trace();
    const call = trace.enter(1);
    for (let i = 0; i < 100; i++) trace.write(call, 1, i, i + 1);
    trace.emit({ type: 'events.dropped', count: 5, why: 'buffer full' });
    trace.emit({ type: 'events.dropped', count: 6, why: 'buffer full' });
    trace.t += 1e9;
    trace.emit({ type: 'probe.throttled', probe: 1, why: 'too many calls' });
    trace.emit({ type: 'process.exit', reason: 'exit code 1' });
    const recording = recorded(trace);
    const { from, to } = recording.range();
    const { markers, tracks } = timelineWindow(recording, { from, to, pixels: 500 });
    const text = (kind: string) => markers.filter((marker) => marker.kind === kind).map((marker) => marker.text);
    assert.deepEqual(text('drop'), ['11 events lost: buffer full']);
    assert.deepEqual(text('throttle'), ['TaskManager.assignTask throttled: too many calls']);
    assert.deepEqual(text('exit'), ['ended: exit code 1']);
    const changes = markers.filter((marker) => marker.kind === 'state');
    assert.ok(changes.length < 20);
    assert.equal(
      changes.reduce((sum, marker) => sum + marker.count, 0),
      100,
    );
    assert.equal(tracks[0]?.ended, true);
  });

  it('takes empty recordings and nonsensical windows', () => {
    const empty = Recording.live(manifest());
    for (const request of [
      { from: 0, to: 0, pixels: 0 },
      { from: Number.NaN, to: Number.POSITIVE_INFINITY, pixels: 1e9, maxSpans: -1 },
      { from: 10, to: -10, pixels: 100 },
    ]) {
      assert.equal(timelineWindow(empty, request).spans.call.length, 0);
      assert.ok(timelineWindow(recorded(traffic(3)), request).spans.call.length >= 0);
    }
  });
});
