import { DurationSketch } from './duration-sketch.ts';

/** Running figures of one probe's calls. Rows are event rows, -1 for none. */
export class FunctionStats {
  calls = 0;
  errors = 0;
  /** Durations of the calls that ended. */
  readonly durations = new DurationSketch();
  /** The call that ended last. */
  lastStartRow = -1;
  lastEndRow = -1;

  end(duration: number, failed: boolean, startRow: number, endRow: number): void {
    this.durations.add(duration);
    if (failed) this.errors++;
    if (endRow > this.lastEndRow) {
      this.lastStartRow = startRow;
      this.lastEndRow = endRow;
    }
  }
}
