import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TraceEvent } from '../../../src/tracer/event/event.ts';
import { Recording } from '../../../src/tracer/store/recording.ts';
import { newRecordingId } from '../../../src/tracer/store/recording-id.ts';
import { RecordingWriter } from '../../../src/tracer/store/writer.ts';
import { Trace } from '../finding/trace.ts';
import { folder, manifest, removeFolders } from './fixture.ts';

function traffic(requests: number): TraceEvent[] {
  const trace = new Trace();
  for (let i = 0; i < requests; i++) {
    const root = trace.http('GET', `/projects/${i}`);
    const call = trace.enter(1, root, [i, 'Grüße 🚀 "quoted"\n']);
    trace.run(call, 'SELECT * FROM tasks WHERE id = $1');
    trace.exit(call, 1, { $: 'array', items: [i] });
    trace.httpEnd(root);
  }
  return trace.events;
}

const lines = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').trimEnd().split('\n'));

describe('recording writer', () => {
  afterEach(removeFolders);

  it('writes every event once, in order, in private files, and a manifest that says so', async () => {
    const base = folder();
    const writer = await RecordingWriter.create(base, manifest());
    const events = traffic(500);
    for (let i = 0; i < events.length; i += 77) writer.append(events.slice(i, i + 77));
    writer.update({ dropped: 3 });
    await writer.close();
    assert.deepEqual(
      lines(writer.directory).map((line) => JSON.parse(line)),
      events,
    );
    const stored = JSON.parse(readFileSync(join(writer.directory, 'recording.json'), 'utf8'));
    assert.equal(stored.state, 'complete');
    assert.equal(stored.dropped, 3);
    assert.ok(stored.endedMs > stored.originMs);
    assert.deepEqual(stored.segments[0].events, events.length);
    assert.equal(statSync(writer.directory).mode & 0o777, 0o700);
    for (const name of readdirSync(writer.directory)) {
      assert.equal(statSync(join(writer.directory, name)).mode & 0o777, 0o600, name);
    }
    assert.equal(readFileSync(join(base, '.nodescope', '.gitignore'), 'utf8'), '*\n');
  });

  it('begins a new segment when one is full', async () => {
    const writer = await RecordingWriter.create(folder(), manifest(), { segmentBytes: 300_000 });
    const events = traffic(2_000);
    for (let i = 0; i < events.length; i += 500) writer.append(events.slice(i, i + 500));
    await writer.close();
    const { segments } = writer.manifest;
    assert.ok(segments.length >= 3, `${segments.length} segments`);
    let seq = 0;
    for (const segment of segments) {
      assert.equal(segment.firstSeq, seq);
      assert.equal(statSync(join(writer.directory, segment.file)).size, segment.bytes);
      seq += segment.events;
    }
    assert.equal(seq, events.length);
    const recording = await Recording.open(writer.directory);
    assert.deepEqual(recording.query(), events);
    recording.close();
  });

  it('has events on disk soon, without being closed', async () => {
    const writer = await RecordingWriter.create(folder(), manifest());
    const events = traffic(1);
    writer.append(events);
    const start = Date.now();
    const file = join(writer.directory, 'events-000001.jsonl');
    for (;;) {
      const size = await new Promise<number>((resolve) =>
        setTimeout(() => {
          try {
            resolve(statSync(file).size);
          } catch {
            resolve(0);
          }
        }, 5),
      );
      if (size > 0) break;
      assert.ok(Date.now() - start < 2_000, 'not written within two seconds');
    }
    assert.equal(lines(writer.directory).length, events.length);
    await writer.close();
  });

  it('reports a failing disk once, goes on, and keeps what was written', async () => {
    const writer = await RecordingWriter.create(folder(), manifest(), { segmentBytes: 50_000 });
    // The second segment cannot be created: its name is taken by a folder.
    mkdirSync(join(writer.directory, 'events-000002.jsonl'));
    const errors: Error[] = [];
    writer.onError(() => {
      throw new Error('a listener with a bug');
    });
    writer.onError((error) => errors.push(error));
    const events = traffic(1_000);
    writer.append(events.slice(0, 100));
    await writer.flush();
    writer.append(events.slice(100));
    await writer.flush();
    writer.append(traffic(1));
    await writer.close();
    assert.equal(errors.length, 1);
    assert.match(errors[0]?.message ?? '', /can no longer be written .*stays readable/);
    assert.equal(writer.lost, events.length - 100 + 6);
    const text = readFileSync(join(writer.directory, 'events-000001.jsonl'), 'utf8');
    assert.equal(text.trimEnd().split('\n').length, 100);
  });

  it('refuses events instead of filling the memory when the disk is slow, and says so once', async () => {
    const writer = await RecordingWriter.create(folder(), manifest(), { maxPendingBytes: 100_000 });
    const errors: Error[] = [];
    writer.onError((error) => errors.push(error));
    const events = traffic(20_000);
    // Within one turn nothing reaches the disk.
    for (let i = 0; i < events.length; i += 5_000) writer.append(events.slice(i, i + 5_000));
    await writer.close();
    assert.equal(errors.length, 1);
    assert.match(errors[0]?.message ?? '', /slower than the events come/);
    assert.equal(lines(writer.directory).length + writer.lost, events.length);
    const recording = await Recording.open(writer.directory);
    assert.equal(recording.damaged, 0);
    assert.equal(recording.eventCount, events.length - writer.lost);
    recording.close();
  });

  it('leaves out an event that is too large, and no other', async () => {
    const writer = await RecordingWriter.create(folder(), manifest());
    const trace = new Trace();
    trace.enter(1, null, ['x'.repeat(2_000_000)]);
    trace.enter(1, null, ['y']);
    writer.append(trace.events);
    await writer.close();
    assert.equal(writer.lost, 1);
    assert.equal(lines(writer.directory).length, 1);
  });

  it('refuses ids that are no folder names, folders that cannot be written, and an id twice', async () => {
    await assert.rejects(RecordingWriter.create(folder(), manifest({ id: '../../etc' })), { code: 'store.id-invalid' });
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    await assert.rejects(RecordingWriter.create(file, manifest()), { code: 'store.not-writable' });
    const base = folder();
    const once = manifest();
    await (await RecordingWriter.create(base, once)).close();
    await assert.rejects(RecordingWriter.create(base, once), { code: 'store.not-writable' });
  });

  it('makes ids that sort by time', () => {
    const ids = [5, 3, 1, 4].map((day) => newRecordingId(new Date(Date.UTC(2026, 10, day, 15, 8, 12))));
    assert.match(ids[0] ?? '', /^20261105-150812-[0-9a-z]{4}$/);
    assert.deepEqual(
      [...ids].sort().map((id) => id.slice(6, 8)),
      ['01', '03', '04', '05'],
    );
  });

  it('closes twice without harm and takes nothing afterwards', async () => {
    const writer = await RecordingWriter.create(folder(), manifest());
    await Promise.all([writer.close(), writer.close()]);
    writer.append(traffic(1));
    writer.update({ dropped: 9 });
    await writer.close();
    chmodSync(writer.directory, 0o700);
    assert.deepEqual(
      readdirSync(writer.directory).filter((name) => name.endsWith('.jsonl')),
      [],
    );
    assert.equal(writer.manifest.dropped, 0);
  });
});
