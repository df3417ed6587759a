import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TraceEvent } from '../../../src/tracer/event/event.ts';
import { stateAt } from '../../../src/tracer/query/state.ts';
import { Recording } from '../../../src/tracer/store/recording.ts';
import { RecordingWriter } from '../../../src/tracer/store/writer.ts';
import { Trace, UNDEFINED } from '../finding/trace.ts';
import { folder, manifest, removeFolders } from './fixture.ts';

/** Three requests, the second failing, the third still running; a watched map. */
function sample(): Trace {
  const trace = new Trace();
  for (let i = 0; i < 3; i++) {
    const root = trace.http('POST', `/tasks/${i}/assign`);
    const call = trace.enter(1, root, [i, `user ${i}`]);
    trace.read(call, i, UNDEFINED);
    trace.run(call, 'SELECT * FROM tasks WHERE id = $1');
    trace.write(call, i, UNDEFINED, i * 10);
    if (i === 1) trace.fail(call, 1, 'Größe überschritten');
    else trace.exit(call, 1, { $: 'object', entries: [['assigned', true]] });
    if (i < 2) trace.httpEnd(root, i === 1 ? 500 : 200);
  }
  return trace;
}

async function stored(events: readonly TraceEvent[], withIndex = true): Promise<string> {
  const writer = await RecordingWriter.create(folder(), manifest());
  const live = Recording.live(writer.manifest, writer);
  writer.append(events);
  live.append(events);
  await writer.close(withIndex ? live : undefined);
  live.close();
  return writer.directory;
}

const segment = (directory: string): string => join(directory, 'events-000001.jsonl');

/** Everything that can be asked, to compare recordings of the same events. */
function answers(recording: Recording): unknown {
  const { from, to } = recording.range();
  const roots = recording.roots(from, to);
  return {
    range: [from, to],
    counts: [recording.eventCount, recording.spanCount],
    all: recording.query(),
    roots,
    children: roots.map((root) => recording.children(root.call)),
    byRoot: roots.map((root) => recording.query({ root: root.call })),
    byCall: roots.map((root) => recording.query({ call: root.call })),
    functions: recording.query({ function: 'TaskManager.*', types: ['call.enter', 'call.throw'] }),
    text: recording.query({ text: 'user 1' }),
    state: stateAt(recording, to),
    stats: [...recording.index.functions].map(([probe, s]) => [
      probe,
      s.calls,
      s.errors,
      s.durations.quantile(0.5),
      s.lastEndRow,
    ]),
    lanes: [...recording.index.lanes].map(([target, lanes]) => [target, lanes.laneRows()]),
  };
}

describe('recording', () => {
  afterEach(removeFolders);

  it('answers the same live, from disk with an index, and from disk without', async () => {
    const { events } = sample();
    const live = Recording.live(manifest());
    live.append(events);
    const indexed = await Recording.open(await stored(events));
    const bare = await stored(events, false);
    assert.ok(!existsSync(join(bare, 'index-1.bin')));
    const scanned = await Recording.open(join(bare, 'recording.json'));
    assert.deepEqual(answers(indexed), answers(live));
    assert.deepEqual(answers(scanned), answers(live));
    assert.deepEqual(live.query(), events);
    assert.equal(scanned.interrupted, false);
    indexed.close();
    scanned.close();
  });

  it('knows spans, their ends, failures, parents and places', () => {
    const live = Recording.live(manifest());
    live.append(sample().events);
    const [ok, failed, open] = live.roots(0, 1e12);
    assert.ok(ok && failed && open);
    assert.equal(ok.name, 'POST /tasks/0/assign');
    assert.equal(ok.failed, false);
    assert.equal(failed.failed, true);
    assert.equal(open.end, null);
    const [call] = live.children(failed.call);
    assert.equal(call?.name, 'TaskManager.assignTask');
    assert.equal(call?.failed, true);
    assert.equal(call?.location?.line, 10);
    const [query] = live.children(call?.call ?? 0);
    assert.equal(query?.kind, 'db');
    assert.equal(query?.location?.line, 42);
    assert.equal(live.span(12345), null);
    assert.deepEqual(live.children(12345), []);
    assert.equal(live.event(10_000), null);
  });

  it('ends a call whose promise settles with its settlement', () => {
    const trace = new Trace();
    const call = trace.enter(1);
    trace.emit({
      type: 'call.exit',
      call: call.call,
      probe: 1,
      duration: 1,
      value: { $: 'opaque', class: 'Promise' },
      pending: true,
    });
    const live = Recording.live(manifest());
    live.append(trace.events);
    assert.equal(live.span(call.call)?.end, null);
    const error = { $: 'error', name: 'Error', message: 'no' };
    live.append([
      trace.emit({ type: 'call.settle', call: call.call, probe: 1, duration: 5, outcome: 'rejected', value: error }),
    ]);
    assert.equal(live.span(call.call)?.end, trace.t);
    assert.equal(live.span(call.call)?.failed, true);
  });

  it('filters by every condition, alone and together, with limit and offset', () => {
    const live = Recording.live(manifest());
    const { events } = sample();
    live.append(events);
    const is = (query: Parameters<Recording['query']>[0], keep: (e: TraceEvent) => boolean): void =>
      assert.deepEqual(live.query(query), events.filter(keep));
    is({ types: ['state.change', 'state.read'] }, (e) => e.type.startsWith('state.'));
    is({ types: [] }, () => false);
    is({ from: 5e6, to: 9e6 }, (e) => e.t >= 5e6 && e.t <= 9e6);
    is({ function: 'TaskManager.assignTask', types: ['call.enter'] }, (e) => e.type === 'call.enter');
    is({ function: 'task-manager.ts#TaskManager.assignTask', types: ['call.enter'] }, (e) => e.type === 'call.enter');
    is({ function: 'other.ts#TaskManager.assignTask' }, () => false);
    is({ function: 'assignTask' }, () => false);
    is({ target: 2 as never }, () => false);
    is({ text: 'GRÖSSE' }, () => false);
    is({ text: 'größe' }, (e) => e.type === 'call.throw');
    is({ text: 'USER 2' }, (e) => e.type === 'call.enter' && e.args[1] === 'user 2');
    is(
      { text: '/tasks/1/', types: ['http.server.start'] },
      (e) => e.type === 'http.server.start' && e.url.includes('/1/'),
    );
    is({ text: 'call.enter' }, () => false);
    assert.deepEqual(live.query({ offset: 2, limit: 3 }), events.slice(2, 5));
    assert.equal(live.count({ types: ['call.enter'] }), 3);
  });

  it('finds text in stored recordings without reading every event, also beyond one block', async () => {
    const trace = new Trace();
    for (let i = 0; i < 5_000; i++) trace.enter(1, null, [i % 1_000 === 7 ? `needle "${i}" é` : 'hay']);
    const recording = await Recording.open(await stored(trace.events));
    const seqs = (text: string) => recording.query({ text }).map((event) => event.seq);
    assert.deepEqual(seqs('NEEDLE'), [7, 1007, 2007, 3007, 4007]);
    assert.deepEqual(seqs('needle "3007" é'), [3007]);
    assert.deepEqual(seqs('nothing'), []);
    assert.deepEqual(
      recording.query({ text: 'needle', limit: 1, offset: 4 }).map((event) => event.seq),
      [4007],
    );
    recording.close();
  });

  it('reads old events of a live recording back from disk', async () => {
    const writer = await RecordingWriter.create(folder(), manifest(), { segmentBytes: 1_000_000 });
    const live = Recording.live(writer.manifest, writer);
    const trace = new Trace();
    for (let i = 0; i < 50_000; i++) trace.enter(1, null, [`é${i}`]);
    for (let i = 0; i < trace.events.length; i += 1_000) {
      writer.append(trace.events.slice(i, i + 1_000));
      live.append(trace.events.slice(i, i + 1_000));
    }
    await writer.flush();
    for (const seq of [0, 1, 999, 20_000, 49_999]) assert.deepEqual(live.event(seq), trace.events[seq]);
    assert.deepEqual(
      live.query({ text: 'é17', limit: 1 }).map((event) => event.seq),
      [17],
    );
    await writer.close(live);
    assert.deepEqual(live.event(12_345), trace.events[12_345]);
    live.close();
  });

  it('takes a torn last line as the end', async () => {
    const { events } = sample();
    const directory = await stored(events);
    const { size } = statSync(segment(directory));
    truncateSync(segment(directory), size - 5);
    const recording = await Recording.open(directory);
    assert.equal(recording.eventCount, events.length - 1);
    assert.equal(recording.damaged, 0);
    recording.close();
  });

  it('skips and counts damaged lines, and never lets a line reach a prototype', async () => {
    const { events } = sample();
    const directory = await stored(events);
    const first = readFileSync(segment(directory), 'utf8').trimEnd().split('\n');
    const bad = [
      '',
      'not json',
      '{"type":"call.enter"}',
      '{"seq":-1,"target":1,"t":0,"type":"process.exit","reason":"x"}',
      '{"seq":500,"target":1,"t":"0","type":"process.exit","reason":"x"}',
      '{"seq":501,"target":1,"t":0,"type":"constructor","reason":"x"}',
      '{"seq":502,"target":70000,"t":0,"type":"process.exit","reason":"x"}',
      `{"seq":503,"target":1,"t":0,"type":"call.enter","call":1,"parent":null,"root":1,"probe":1,"args":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      `{"seq":504,"target":1,"t":0,"type":"call.enter","call":1,"parent":null,"root":1,"probe":1,"args":[{"$":"evil"}]}`,
      first[0] as string,
      `"${'x'.repeat(4_000_000)}"`,
    ];
    const good = `{"seq":600,"target":1,"t":1,"type":"process.exit","reason":"x","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}`;
    appendFileSync(segment(directory), `${[...bad, good].join('\n')}\n`);
    const recording = await Recording.open(directory);
    assert.equal(recording.damaged, bad.length);
    assert.equal(recording.eventCount, events.length + 1);
    assert.equal(recording.event(600)?.type, 'process.exit');
    assert.equal(recording.query().length, events.length + 1);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
    recording.close();
  });

  it('ignores an index that does not fit, is torn, or lies', async () => {
    const { events } = sample();
    const directory = await stored(events);
    const index = join(directory, 'index-1.bin');
    const whole = readFileSync(index);
    const expected = answers(await Recording.open(directory));
    const check = async (content: Buffer, why: string): Promise<void> => {
      writeFileSync(index, content);
      const recording = await Recording.open(directory);
      assert.deepEqual(answers(recording), expected, why);
      recording.close();
    };
    await check(Buffer.alloc(0), 'empty');
    await check(Buffer.from('NSX1'), 'only a magic');
    await check(whole.subarray(0, whole.length - 8), 'torn');
    await check(Buffer.concat([whole, Buffer.alloc(8)]), 'too long');
    for (let at = 0; at < 8; at++) {
      const broken = Buffer.from(whole);
      broken[at] = (broken[at] as number) ^ 0xff;
      await check(broken, `byte ${at}`);
    }
    // Bytes of the columns flipped: answers may be wrong, but nothing may throw, hang or leave the tables.
    for (let at = 8; at < whole.length; at += 61) {
      const broken = Buffer.from(whole);
      broken[at] = 0xff;
      writeFileSync(index, broken);
      const recording = await Recording.open(directory);
      answers(recording);
      recording.close();
    }
  });

  it('opens what is left when the manifest is torn, and says what is missing when nothing is there', async () => {
    const { events } = sample();
    const directory = await stored(events);
    writeFileSync(join(directory, 'recording.json'), '{"version":1,"id":');
    const recording = await Recording.open(directory);
    assert.equal(recording.eventCount, events.length);
    assert.equal(recording.interrupted, true);
    recording.close();
    rmSync(join(directory, 'recording.json'));
    (await Recording.open(directory)).close();
    await assert.rejects(Recording.open(folder()), { code: 'store.not-found' });
    await assert.rejects(Recording.open('/nowhere/at/all'), { code: 'store.not-found' });
    const file = join(folder(), 'recording.json');
    mkdirSync(file);
    await assert.rejects(Recording.open(file), { code: 'store.not-found' });
  });

  it('keeps what is sound of a manifest with broken parts', async () => {
    const directory = await stored(sample().events);
    const path = join(directory, 'recording.json');
    const content = JSON.parse(readFileSync(path, 'utf8'));
    content.findings = [{ id: 5 }, null];
    content.plan = { version: 99 };
    content.probes.push({ id: 'x' });
    writeFileSync(path, JSON.stringify(content));
    const recording = await Recording.open(directory);
    assert.deepEqual(recording.manifest.findings, []);
    assert.deepEqual(recording.manifest.plan.probes, []);
    assert.equal(recording.manifest.probes.length, 6);
    recording.close();
  });

  it('survives parents in a circle, ends before starts, and events out of order in time', () => {
    const trace = new Trace();
    const enter = (call: number, parent: number, t: number): void => {
      trace.emit({ type: 'call.enter', call, parent, root: parent, probe: 1, args: [], t });
    };
    trace.emit({ type: 'call.exit', call: 3, probe: 1, duration: 1, value: null, t: 50 });
    enter(1, 2, 10);
    enter(2, 1, 5);
    enter(3, 3, 1);
    enter(4, 4, 2);
    const live = Recording.live(manifest());
    live.append(trace.events);
    live.append(trace.events);
    assert.equal(live.eventCount, 5, 'the same events again are left out');
    assert.equal(live.span(3)?.end, 50);
    const depth = (call: number, level = 0): number =>
      level > 10 ? level : Math.max(level, ...live.children(call).map((child) => depth(child.call, level + 1)));
    assert.ok(depth(1) <= 1 && depth(2) <= 1);
    assert.deepEqual(live.range(), { from: 1, to: 50 });
    assert.deepEqual(
      live.query({ from: 2, to: 5 }).map((event) => event.t),
      [5, 2],
    );
  });

  it('finds by time although targets deliver their events in batches that overlap', () => {
    const trace = new Trace();
    for (let batch = 0; batch < 40; batch++) {
      for (let i = 0; i < 100; i++) {
        const t = Math.floor(batch / 2) * 100_000 + i * 1_000 + (batch % 2);
        trace.emit({ type: 'process.exit', reason: 'x', target: 1 + (batch % 2), t });
      }
    }
    const live = Recording.live(manifest());
    live.append(trace.events);
    for (const from of [0, 99_000, 555_555, 1_999_000]) {
      const wanted = trace.events.filter((event) => event.t >= from && event.t <= from + 70_000);
      assert.deepEqual(live.query({ from, to: from + 70_000 }), wanted);
    }
  });
});

describe('a recording whose writer was killed', () => {
  afterEach(removeFolders);

  it('opens, says that it was interrupted, and holds everything but the last moment', async () => {
    const base = folder();
    const script = fileURLToPath(new URL('./endless-writer.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, base], { stdio: ['ignore', 'pipe', 'inherit'] });
    const written = await reached(child, 20_000);
    const recordings = join(base, '.nodescope', 'recordings');
    const directory = join(recordings, readdirSync(recordings)[0] as string);
    const running = await Recording.open(directory);
    assert.equal(running.interrupted, false);
    running.close();
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const recording = await Recording.open(directory);
    assert.equal(recording.interrupted, true);
    assert.equal(recording.manifest.endedMs, null);
    assert.equal(recording.damaged, 0);
    assert.ok(recording.eventCount >= written, `${recording.eventCount} of ${written}`);
    assert.equal(recording.query({ limit: 1, offset: recording.eventCount - 1 })[0]?.seq, recording.eventCount - 1);
    recording.close();
  }).timeout(20_000);
});

/** Resolves with the number of events the child says it has flushed, once that is at least `count`. */
function reached(child: ChildProcess, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the writer ended by itself')));
    child.stdout?.on('data', (data: Buffer) => {
      const last = Number(data.toString().trim().split('\n').at(-1));
      if (last >= count) resolve(last);
    });
  });
}
