/** Writes into the folder given until it is killed; prints how many events were flushed. */
import { RecordingWriter } from '../../../src/tracer/store/writer.ts';
import { Trace } from '../finding/trace.ts';
import { manifest } from './fixture.ts';

const writer = await RecordingWriter.create(process.argv[2] as string, manifest({ writerPid: process.pid }), {
  segmentBytes: 500_000,
});
const trace = new Trace();
for (;;) {
  const from = trace.events.length;
  for (let i = 0; i < 500; i++) trace.exit(trace.enter(1, null, [i, 'x'.repeat(i)]), 1);
  writer.append(trace.events.slice(from));
  await writer.flush();
  console.log(trace.events.length);
  // What is appended from here on may be lost.
  writer.append([trace.emit({ type: 'process.exit', reason: 'not flushed' })]);
}
