import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { NodeScopeDebugSession, type TraceStart } from '../../../src/adapter/debug-session.ts';
import type { StartTrace } from '../../../src/adapter/live-trace.ts';
import { noSuchProcess } from '../../../src/tracer/error/target-errors.ts';
import type { Finding } from '../../../src/tracer/finding/finding.ts';
import { until } from '../../ui/until.ts';
import { FILE, ScriptedTrace, smallFilm } from './scripted-trace.ts';

describe('debug adapter', () => {
  const { film, request, innerOne, at } = smallFilm();
  let client: DebugClient;
  let server: Server;
  let trace: ScriptedTrace;
  let start: StartTrace;
  let started: TraceStart | null;
  let stopped: number;
  let output: string[];
  let events: DebugProtocol.Event[];

  beforeEach(async () => {
    trace = new ScriptedTrace(film.recording({ state: 'recording' }));
    start = () => Promise.resolve(trace);
    started = null;
    stopped = 0;
    output = [];
    events = [];
    server = createServer((socket) => {
      const session = new NodeScopeDebugSession({
        start: (attach) => start(attach),
        onStart: (given) => {
          started = given;
        },
        onStop: () => {
          stopped++;
        },
      });
      session.setRunAsServer(true);
      session.start(socket, socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = new DebugClient('node', '', 'nodescope');
    await client.start((server.address() as AddressInfo).port);
    client.defaultTimeout = 2_000;
    for (const name of ['stopped', 'continued', 'terminated', 'output']) {
      client.on(name, (event: DebugProtocol.Event) => {
        if (name === 'output') output.push(event.body.output);
        else events.push(event);
      });
    }
    await client.initializeRequest();
  });

  afterEach(async () => {
    await client.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  const attach = (more: Record<string, unknown> = {}): Promise<DebugProtocol.AttachResponse> =>
    client.attachRequest({ processId: 42, ...more } as DebugProtocol.AttachRequestArguments);
  const refused = async (request: Promise<unknown>): Promise<string> => {
    const error = await request.then(
      () => assert.fail('it was accepted'),
      (reason: Error) => reason,
    );
    return error.message;
  };
  /** Freezes the playhead at a moment, as the cinema does, and waits until the client is told. */
  async function freezeAt(ms: number): Promise<DebugProtocol.StoppedEvent> {
    const before = events.filter(({ event }) => event === 'stopped').length;
    started?.playhead.freeze('cinema', at(ms));
    return await until('stopped', () => {
      const all = events.filter(({ event }) => event === 'stopped');
      return all.length > before ? (all.at(-1) as DebugProtocol.StoppedEvent) : null;
    });
  }
  async function stack(threadId: number): Promise<DebugProtocol.StackFrame[]> {
    return (await client.stackTraceRequest({ threadId })).body.stackFrames;
  }
  async function variables(frameId: number): Promise<Record<string, Record<string, string>>> {
    const { scopes } = (await client.scopesRequest({ frameId })).body;
    const read = async ({
      name,
      variablesReference,
    }: DebugProtocol.Scope): Promise<[string, Record<string, string>]> => {
      const { body } = await client.variablesRequest({ variablesReference });
      return [name, Object.fromEntries(body.variables.map((variable) => [variable.name, variable.value]))];
    };
    return Object.fromEntries(await Promise.all(scopes.map(read)));
  }

  it('offers only what works', async () => {
    const fresh = new DebugClient('node', '', 'nodescope');
    await fresh.start((server.address() as AddressInfo).port);
    const { body } = await fresh.initializeRequest();
    assert.deepEqual(body, { supportsConfigurationDoneRequest: true, supportsDelayedStackTraceLoading: true });
    await fresh.stop();
  });

  it('attaches, installs the plan for the question, and tells what it did', async () => {
    await attach({ question: 'why?' });
    assert.deepEqual(trace.asked, ['why?']);
    assert.equal(trace.installed.length, 1);
    assert.equal(started?.trace, trace);
    await until('the output', () => output.length >= 5);
    const text = output.join('');
    assert.match(text, /^Attached to server\.js \(pid 4711, Node v24\.0\.0\) without a restart/);
    assert.match(text, /Plan made for “why\?”/);
    assert.match(text, /2 of 2 probes installed:/);
    assert.match(text, /✓ src\/tasks\.ts#Tasks\.outer: rebind/);
  });

  it('uses a plan file instead of asking', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nodescope-'));
    try {
      const plan = join(folder, 'a.plan.json');
      writeFileSync(plan, JSON.stringify({ version: 1, probes: [{ kind: 'library', library: 'pg' }] }));
      await attach({ plan });
      assert.deepEqual(trace.asked, []);
      assert.deepEqual(trace.installed[0]?.probes, [{ kind: 'library', library: 'pg' }]);
      writeFileSync(plan, '{ "version": 1 ');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('shows one thread per process while live, and answers to breakpoints without setting any', async () => {
    await attach();
    const { body } = await client.threadsRequest();
    assert.deepEqual(
      body.threads.map(({ name }) => name),
      ['server.js (pid 4711)'],
    );
    const answer = await client.setBreakpointsRequest({ source: { path: FILE }, breakpoints: [{ line: 3 }] });
    assert.equal(answer.body.breakpoints[0]?.verified, false);
    assert.match(answer.body.breakpoints[0]?.message ?? '', /never stops the process/);
  });

  it('pauses the playback, not the trace, and goes on live', async () => {
    await attach();
    await client.pauseRequest({ threadId: 1 });
    await until('stopped', () => events.some(({ event }) => event === 'stopped'));
    assert.equal(started?.playhead.live, false);
    assert.equal(started?.playhead.t, at(150), 'the latest moment with a line to show');
    assert.equal(trace.stops, 0);
    const body = events.at(-1)?.body as DebugProtocol.StoppedEvent['body'];
    assert.equal(body.reason, 'pause');
    assert.equal(body.allThreadsStopped, true);
    const [top] = await stack(body.threadId ?? 0);
    assert.equal(top?.name, 'Tasks.outer');
    await client.continueRequest({ threadId: 1 });
    assert.equal(started?.playhead.live, true);
  });

  it('shows requests in flight at the playhead as threads, with the recorded call chain', async () => {
    await attach();
    const { body } = await freezeAt(112);
    assert.equal(body.preserveFocusHint, true);
    const { threads } = (await client.threadsRequest()).body;
    assert.deepEqual(
      threads.map(({ name }) => name),
      ['GET /tasks/7', 'POST /tasks'],
    );
    const [first] = threads;
    assert.ok(first);
    const frames = await stack(first.id);
    assert.deepEqual(
      frames.map(({ name }) => name),
      ['SELECT 1', 'Tasks.inner', 'Tasks.outer', 'GET /tasks/7'],
    );
    assert.deepEqual(
      frames.map(({ source, line, column }) => [source?.path, line, column]),
      [
        [FILE, 22, 5],
        [FILE, 20, 3],
        [FILE, 10, 3],
        [undefined, 0, 0],
      ],
    );
    const page = await client.stackTraceRequest({ threadId: first.id, startFrame: 1, levels: 2 });
    assert.equal(page.body.totalFrames, 4);
    assert.deepEqual(
      page.body.stackFrames.map(({ name }) => name),
      ['Tasks.inner', 'Tasks.outer'],
    );
  });

  it('tells values from what was cut, redacted or not there yet', async () => {
    await attach();
    await freezeAt(112);
    const [first] = (await client.threadsRequest()).body.threads;
    const frames = await stack(first?.id ?? 0);
    const outer = await variables(frames[2]?.id ?? 0);
    assert.deepEqual(outer.Arguments, { 0: '7', 1: "'long'‹cut, 5000 characters›", 2: '‹redacted: password›' });
    assert.equal(outer.Result?.now, '‹not yet: it ends 38.0 ms after the playhead›');
    assert.equal(outer.Result?.['resolved later'], '[1, 2, … 7 more]');
    assert.equal(outer.State?.['this.slots at enter'], 'Map {7 => 1}');
    const request = await variables(frames[3]?.id ?? 0);
    assert.equal(request.Request?.url, "'/tasks/7'");
    assert.equal(request.Request?.['status later'], '200');
    const query = await variables(frames[0]?.id ?? 0);
    assert.equal(query.Query?.statement, "'SELECT 1'");
    assert.equal(query.Query?.$1, '7');
  });

  it('shows the state of the moment, and opens values level by level', async () => {
    await attach();
    await freezeAt(127);
    const [first] = (await client.threadsRequest()).body.threads;
    const [top] = await stack(first?.id ?? 0);
    const { State } = await variables(top?.id ?? 0);
    assert.equal(State?.['slots[7] #1'], '2', 'as changed at 125 ms');
    const { scopes } = (await client.scopesRequest({ frameId: top?.id ?? 0 })).body;
    const result = scopes.find(({ name }) => name === 'Result');
    const { variables: list } = (await client.variablesRequest({ variablesReference: result?.variablesReference ?? 0 }))
      .body;
    const value = list.find(({ name }) => name === 'resolved later');
    const parts = (await client.variablesRequest({ variablesReference: value?.variablesReference ?? 0 })).body
      .variables;
    assert.deepEqual(
      parts.map(({ name, value: text }) => [name, text]),
      [
        ['0', '1'],
        ['1', '2'],
        ['…', '‹7 more, not captured›'],
      ],
    );
  });

  it('follows the branch of the call that is looked at', async () => {
    await attach();
    assert.ok(started);
    started.playhead.call = innerOne.call;
    const { body } = await freezeAt(112);
    const frames = await stack(body.threadId ?? 0);
    assert.ok(frames.some(({ name }) => name === 'Tasks.inner'));
  });

  it('steps forward through the recording', async () => {
    await attach();
    const { body } = await freezeAt(102);
    await client.stepInRequest({ threadId: body.threadId ?? 0 });
    assert.equal(started?.playhead.t, at(105));
    await until('the step', () => (events.at(-1)?.body as { reason?: string } | undefined)?.reason === 'step');
    const [thread] = (await client.threadsRequest()).body.threads;
    await client.stepOutRequest({ threadId: thread?.id ?? 0 });
    assert.equal(started?.playhead.t, at(120));
  });

  it('tells each finding once, with its place', async () => {
    await attach();
    const finding = {
      id: 'a',
      title: 'Lost\nupdate',
      suggestion: 'Lock it.',
      severity: 'error',
      location: null,
    } as unknown as Finding;
    trace.find([finding]);
    trace.find([finding]);
    await until('the finding', () => output.some((line) => line.includes('Lost')));
    assert.deepEqual(
      output.filter((line) => line.includes('Lost')),
      ['✗ Lost\\nupdate — Lock it.\n'],
    );
  });

  it('ends when the process is gone', async () => {
    await attach();
    trace.close('Process 4711 ended (exit code 1).');
    await until('the end', () => events.some(({ event }) => event === 'terminated'));
    assert.equal(trace.stops, 1);
    assert.equal(stopped, 1);
    assert.ok(output.includes('Process 4711 ended (exit code 1).\n'));
  });

  it('leaves the process when the client disconnects', async () => {
    await attach();
    await client.disconnectRequest({});
    assert.equal(trace.stops, 1);
    assert.match(output.join(''), /Recorded [\d,]+ events, \d+ calls, 0 findings; dropped 0; overhead 1\.30%\./);
  });

  it('gives each failure as one sentence', async () => {
    start = () => Promise.reject(noSuchProcess(42));
    assert.match(await refused(attach()), /^There is no process with pid 42; .*\.$/);
    assert.match(await refused(attach({ port: 1 })), /more than one target/);
    assert.match(
      await refused(attach({ plan: '/nowhere/a.plan.json' })),
      /The plan \/nowhere\/a\.plan\.json cannot be read/,
    );
    assert.match(await refused(client.launchRequest({})), /attaches to a process that already runs/);
    assert.match(await refused(client.evaluateRequest({ expression: '{x}' })), /cannot be evaluated/);
    assert.match(await refused(client.pauseRequest({ threadId: 1 })), /attach to a process first/);
  });

  it('leaves the process again when no probe can be installed', async () => {
    trace.refuse = new Error('None of the {probes} could be installed.');
    assert.equal(await refused(attach()), 'None of the {probes} could be installed.');
    assert.equal(trace.stops, 1);
    assert.equal(started, null);
  });

  it('gives up in time, and undoes an attach that comes too late', async () => {
    let arrive: (late: ScriptedTrace) => void = () => undefined;
    start = () =>
      new Promise((resolve) => {
        arrive = resolve;
      });
    assert.match(await refused(attach({ timeout: 100 })), /not finished after 100 ms/);
    arrive(trace);
    await until('the undo', () => trace.stops === 1);
  });

  it('needs no request in flight to pause', async () => {
    await attach();
    const { body } = await freezeAt(180);
    const { threads } = (await client.threadsRequest()).body;
    assert.deepEqual(
      threads.map(({ name }) => name),
      ['server.js (pid 4711): nothing traced in flight'],
    );
    assert.deepEqual(await stack(body.threadId ?? 0), []);
    assert.equal(request.target, 1);
  });
});
