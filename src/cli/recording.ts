import { noRecordingGiven } from '../tracer/error/cli-errors.ts';
import { findRecording } from '../tracer/store/catalogue.ts';
import { Recording } from '../tracer/store/recording.ts';
import type { Parsed } from './arguments.ts';

/** Opens the recording a command names. Throws `store.*`, `cli.no-recording`. */
export async function openRecording(parsed: Parsed): Promise<Recording> {
  const [given] = parsed.positionals;
  if (given === undefined) throw noRecordingGiven();
  return Recording.open(await findRecording(process.cwd(), given));
}
