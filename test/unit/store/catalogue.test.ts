import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRecording, listRecordings } from '../../../src/tracer/store/catalogue.ts';
import { RecordingWriter } from '../../../src/tracer/store/writer.ts';
import { folder, manifest, removeFolders } from './fixture.ts';

const file = (base: string): string => join(base, '.nodescope', 'recordings.json');
const ids = async (base: string): Promise<string[]> => (await listRecordings(base)).map((line) => line.id);

describe('catalogue of recordings', () => {
  afterEach(removeFolders);

  it('lists recordings, newest first, also those being written', async () => {
    const base = folder();
    assert.deepEqual(await listRecordings(base), []);
    const old = await RecordingWriter.create(base, manifest({ originMs: 1_000 }));
    await old.close();
    const running = await RecordingWriter.create(base, manifest({ originMs: 2_000 }));
    const [first, second] = await listRecordings(base);
    assert.equal(first?.id, running.manifest.id);
    assert.equal(first?.state, 'recording');
    assert.equal(second?.state, 'complete');
    assert.deepEqual(second?.targets, ['server.js']);
    await running.close();
  });

  it('holds all of many recorders that start and stop at the same time', async () => {
    const base = folder();
    const made = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const writer = await RecordingWriter.create(base, manifest());
        await writer.close();
        return writer.manifest.id;
      }),
    );
    const content = JSON.parse(readFileSync(file(base), 'utf8'));
    assert.deepEqual(content.recordings.map((line: { id: string }) => line.id).sort(), made.sort());
    assert.deepEqual((await ids(base)).sort(), made);
  });

  it('is made anew when it is missing, torn, or nonsense, and forgets folders that are gone', async () => {
    const base = folder();
    const a = await RecordingWriter.create(base, manifest());
    const b = await RecordingWriter.create(base, manifest());
    await Promise.all([a.close(), b.close()]);
    const both = (await ids(base)).sort();
    for (const content of [
      null,
      '',
      '{"version":1,"recordings":[{"id":',
      '[]',
      '{"version":1,"recordings":[{"id":"../../x"}]}',
    ]) {
      if (content === null) rmSync(file(base));
      else writeFileSync(file(base), content);
      assert.deepEqual((await ids(base)).sort(), both);
      assert.equal(JSON.parse(readFileSync(file(base), 'utf8')).recordings.length, 2, `repaired after ${content}`);
    }
    rmSync(a.directory, { recursive: true });
    assert.deepEqual(await ids(base), [b.manifest.id]);
  });

  it('passes over folders that are no recordings and a lock whose owner died', async () => {
    const base = folder();
    mkdirSync(join(base, '.nodescope', 'recordings', 'notes'), { recursive: true });
    mkdirSync(join(base, '.nodescope', 'recordings', '20200101-000000-aaaa'));
    const lock = join(base, '.nodescope', '.recordings.lock');
    writeFileSync(lock, '');
    utimesSync(lock, new Date(0), new Date(1_000));
    const writer = await RecordingWriter.create(base, manifest());
    await writer.close();
    assert.deepEqual(await ids(base), [writer.manifest.id]);
  });

  it('finds a recording by id, folder, manifest or as the latest', async () => {
    const base = folder();
    const writer = await RecordingWriter.create(base, manifest());
    await writer.close();
    for (const given of [writer.manifest.id, writer.directory, join(writer.directory, 'recording.json'), 'latest']) {
      assert.equal(await findRecording(base, given), writer.directory);
    }
    for (const given of ['20200101-000000-aaaa', 'nothing', '']) {
      if (given !== '') await assert.rejects(findRecording(base, given), { code: 'store.not-found' });
    }
    await assert.rejects(findRecording(folder(), 'latest'), { code: 'store.not-found' });
  });
});
