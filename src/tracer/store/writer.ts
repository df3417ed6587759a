import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Low } from 'lowdb';
import {
  recordingIdInvalid,
  recordingNotWritable,
  recordingTooSlow,
  recordingWriteFailed,
} from '../error/store-errors.ts';
import type { TraceEvent } from '../event/event.ts';
import { entryOf, putEntry } from './catalogue.ts';
import { saveIndex } from './index-file.ts';
import { PrivateJsonFile } from './json-file.ts';
import type { Place, Places } from './line-log.ts';
import type { RecordingManifest } from './manifest.ts';
import { MAX_MANIFEST_BYTES, manifestFrom } from './manifest-schema.ts';
import { homeOf, indexOf, manifestOf, recordingsOf } from './paths.ts';
import type { Recording } from './recording.ts';
import { isRecordingId } from './recording-id.ts';
import { SegmentWriter } from './segment-writer.ts';

const MANIFEST_MS = 250;

interface WriterOptions {
  /** Size at which a segment is closed, bytes. */
  readonly segmentBytes?: number;
  /** Bytes that may wait for the disk before events are refused. */
  readonly maxPendingBytes?: number;
}

/**
 * Writes one recording: events at once into segments, the manifest a moment after it changed. A failing disk is reported
 * once to the listeners and counted in `lost`; the recording goes on in memory and what was written stays readable.
 */
export class RecordingWriter implements Places {
  readonly directory: string;
  readonly #base: string;
  readonly #events: SegmentWriter;
  readonly #db: Low<RecordingManifest>;
  readonly #listeners = new Set<(error: Error) => void>();
  #reported = false;
  #timer: NodeJS.Timeout | null = null;
  #saving: Promise<void> = Promise.resolve();
  #closed: Promise<void> | null = null;

  private constructor(base: string, manifest: RecordingManifest, options: WriterOptions) {
    this.#base = base;
    this.directory = join(recordingsOf(base), manifest.id);
    const file = new PrivateJsonFile(manifestOf(this.directory), manifestFrom, MAX_MANIFEST_BYTES);
    this.#db = new Low<RecordingManifest>(file, manifest);
    this.#events = new SegmentWriter(this.directory, {
      ...options,
      failed: (error) => this.#report(recordingWriteFailed(this.directory, error)),
      slow: (bytes) => this.#emit(recordingTooSlow(this.directory, Math.round(bytes / 1e6))),
    });
  }

  /**
   * Starts a recording in `<base>/.nodescope/recordings/<manifest.id>/`. Throws `store.id-invalid`, `store.not-writable`
   * (also when a recording of this id exists).
   */
  static async create(
    base: string,
    manifest: RecordingManifest,
    options: WriterOptions = {},
  ): Promise<RecordingWriter> {
    if (!isRecordingId(manifest.id)) throw recordingIdInvalid(manifest.id);
    const started = { ...manifest, state: 'recording' as const, endedMs: null, writerPid: process.pid };
    const writer = new RecordingWriter(base, started, options);
    try {
      await mkdir(recordingsOf(base), { recursive: true, mode: 0o700 });
      await mkdir(writer.directory, { mode: 0o700 });
      // Recordings hold what an application holds: they must not be committed by accident.
      await writeFile(join(homeOf(base), '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 }).catch(ignoreExisting);
      await writer.#db.write();
    } catch (error) {
      throw recordingNotWritable(base, error);
    }
    await putEntry(base, entryOf(writer.manifest, 0));
    return writer;
  }

  get manifest(): RecordingManifest {
    return this.#db.data;
  }

  /** Events that could not be stored. */
  get lost(): number {
    return this.#events.lost;
  }

  /** Called with one error when the disk fails or cannot keep up. Returns its undo. */
  onError(listener: (error: Error) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Queues events for the disk; `seq` must rise. Never throws, never waits. */
  append(events: readonly TraceEvent[]): void {
    if (this.#closed === null) this.#events.append(events);
  }

  /** Changes the manifest; written within a moment. The list of segments and the writer's pid stay the writer's. */
  update(patch: Partial<RecordingManifest>): void {
    if (this.#closed !== null) return;
    this.#merge(patch);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#save();
    }, MANIFEST_MS);
  }

  /** Resolves when everything appended and updated so far is on disk or given up. */
  async flush(): Promise<void> {
    await this.#events.flush();
    this.#save();
    await this.#saving;
  }

  place(seq: number): Place | null {
    return this.#events.log.place(seq);
  }

  /** Ends the recording. With the live `recording` of the same events, an index file makes it open at once. */
  close(recording?: Recording): Promise<void> {
    this.#closed ??= this.#close(recording);
    return this.#closed;
  }

  async #close(recording: Recording | undefined): Promise<void> {
    await this.#events.close();
    this.#merge({ state: 'complete', endedMs: this.manifest.endedMs ?? Date.now() });
    if (recording !== undefined && recording.eventCount === this.#events.log.written) {
      const segments = this.#events.segments.map(({ file, bytes }) => ({ file, bytes }));
      // Only a convenience: without it the recording is indexed again when it is opened.
      await saveIndex(indexOf(this.directory), recording.index, segments, this).catch(() => undefined);
    }
    this.#save();
    await this.#saving;
    await putEntry(this.#base, entryOf(this.manifest, this.#events.log.written));
  }

  #merge(patch: Partial<RecordingManifest>): void {
    const { id, writerPid } = this.manifest;
    this.#db.data = {
      ...this.manifest,
      ...patch,
      id,
      writerPid,
      segments: this.#events.segments.map((s) => ({ ...s })),
    };
  }

  #save(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#merge({});
    this.#saving = this.#saving
      .then(() => this.#db.write())
      .catch((error: unknown) => this.#report(recordingWriteFailed(this.directory, error)));
  }

  #report(error: Error): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#emit(error);
  }

  #emit(error: Error): void {
    for (const listener of this.#listeners) {
      try {
        listener(error);
      } catch {
        // One listener's bug must not keep the others from hearing of a full disk.
      }
    }
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
