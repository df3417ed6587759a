import assert from 'node:assert/strict';
import { renderReport } from '../../../src/tracer/report/render.ts';
import { buildReport } from '../../../src/tracer/report/report.ts';
import { Recording } from '../../../src/tracer/store/recording.ts';
import { Trace } from '../finding/trace.ts';
import { manifest } from '../store/fixture.ts';

const HOSTILE = 'evil\u001b[2J\u0007\r\u202e';

function recording(): Recording {
  const trace = new Trace();
  const root = trace.http('GET', '/projects/12');
  trace.run(root, 'SELECT id FROM tasks WHERE project_id = $1', 20, 12);
  for (let i = 0; i < 12; i++) trace.run(root, 'SELECT * FROM tasks WHERE id = $1');
  trace.httpEnd(root);
  const a = trace.enter(1, trace.http('POST', '/a'), [3, HOSTILE]);
  const b = trace.enter(1, trace.http('POST', '/b'), [3, 9]);
  trace.read(a, 3, null);
  trace.read(b, 3, null);
  trace.write(a, 3, null, HOSTILE);
  trace.write(b, 3, HOSTILE, 9);
  trace.exit(a, 1);
  trace.fail(b, 1, HOSTILE);
  trace.emit({ type: 'events.dropped', count: 4, why: 'buffer full' });
  const base = manifest({ id: '20261123-150812-ab12' });
  const [first, ...rest] = base.probes;
  const audited = { ...first, audit: { v8: 200, recorded: 199 } } as (typeof base.probes)[number];
  const live = Recording.live({
    ...base,
    question: HOSTILE,
    probes: [audited, ...rest],
    findings: trace.findings(),
    overhead: { percent: 0.52, agentMs: 26, wallMs: 5_000, method: 'sum' },
  });
  live.append(trace.events);
  return live;
}

describe('report', () => {
  it('holds findings, figures, errors, completeness and losses', () => {
    const report = buildReport(recording());
    assert.deepEqual(report.findings.map((finding) => finding.detector).sort(), ['lost-update', 'n-plus-one']);
    assert.equal(report.calls, 2);
    assert.equal(report.dropped, 4);
    assert.equal(report.state, 'recording');
    assert.equal(report.probes[0]?.completeness, 0.995);
    assert.equal(report.probes[0]?.calls, 2);
    assert.equal(report.probes[1]?.completeness, null);
    assert.deepEqual(
      report.errors.map(({ name, count }) => [name, count]),
      [['TaskManager.assignTask', 1]],
    );
    assert.equal(report.requests.find((route) => route.name === 'GET /projects/:id')?.calls, 1);
    assert.equal(JSON.parse(JSON.stringify(report)).findings.length, 2);
  });

  it('renders both findings with their evidence', () => {
    const text = renderReport(buildReport(recording()), { color: false, base: '/app' });
    for (const wanted of [
      /N\+1 in GET \/projects\/:id/,
      /at src\/tasks\/task-repository\.ts:42/,
      /statement {2}SELECT \* FROM tasks WHERE id = \?/,
      /count +12 per request/,
      /after +SELECT id FROM tasks WHERE project_id = \? \(12 rows\)/,
      /Lost update of slots\[3\] in TaskManager\.assignTask/,
      /lost +TaskManager\.assignTask\(3, 'evil/,
      /by +TaskManager\.assignTask\(3, 9\) +read null .*wrote 9/,
      /99\.5% of the calls V8 counted \(199\/200\)/,
      /calls 2 .*events \d+ .*dropped 4/,
      /overhead 0\.52%/,
    ]) {
      assert.match(text, wanted);
    }
  });

  it('lets nothing from the application control the terminal', () => {
    const plain = renderReport(buildReport(recording()), { color: false });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
    assert.doesNotMatch(plain, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    assert.match(plain, /\\x1b\[2J/);
    const colored = renderReport(buildReport(recording()), { color: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: only our own colours may appear
    assert.equal(colored.replace(/\u001b\[\d+m/g, ''), plain);
  });

  it('renders an empty recording', () => {
    const text = renderReport(buildReport(Recording.live(manifest({ probes: [], question: null }))), { color: false });
    assert.match(text, /Findings: none/);
    assert.match(text, /overhead not measured/);
  });
});
