import assert from 'node:assert/strict';
import { DEFAULT_TIMEOUT_MS, parseAttachRequest } from '../../../src/adapter/attach-request.ts';
import { DEFAULT_QUESTION } from '../../../src/tracer/plan/plan.ts';

describe('attach request', () => {
  it('takes a process id as a number or as the text a variable leaves', () => {
    assert.deepEqual(parseAttachRequest({ processId: 42 }).target, { pid: 42 });
    assert.deepEqual(parseAttachRequest({ processId: ' 42 ' }).target, { pid: 42 });
  });

  it('takes a port with or without a host, and a WebSocket URL', () => {
    assert.deepEqual(parseAttachRequest({ port: 9229 }).target, { port: 9229 });
    assert.deepEqual(parseAttachRequest({ port: 9229, address: '::1' }).target, { port: 9229, host: '::1' });
    const ws = 'ws://127.0.0.1:9229/abc';
    assert.deepEqual(parseAttachRequest({ websocketAddress: ws }).target, { ws });
  });

  it('fills in what is left out', () => {
    const request = parseAttachRequest({ processId: 1 });
    assert.equal(request.question, DEFAULT_QUESTION);
    assert.equal(request.strategy, 'balanced');
    assert.equal(request.timeout, DEFAULT_TIMEOUT_MS);
    assert.equal(request.plan, null);
    assert.equal(request.workspace, null);
  });

  it('finds a relative plan in the folder', () => {
    assert.equal(parseAttachRequest({ processId: 1, cwd: '/app', plan: 'a.plan.json' }).plan, '/app/a.plan.json');
    assert.equal(parseAttachRequest({ processId: 1, plan: '/b/a.plan.json' }).plan, '/b/a.plan.json');
  });

  const wrong: [string, unknown, RegExp][] = [
    ['nothing', undefined, /does not say what to attach to/],
    ['no target', { question: 'x' }, /set "processId", "port" or "websocketAddress"/],
    ['two targets', { processId: 1, port: 2 }, /more than one target \("processId" and "port"\)/],
    ['a pid that is text', { processId: 'node' }, /"processId" .* whole number/],
    ['pid 0', { processId: 0 }, /"processId"/],
    ['a fraction', { processId: 1.5 }, /"processId"/],
    ['a port out of range', { port: 70_000 }, /"port" .* 65535/],
    ['an http URL', { websocketAddress: 'http://x' }, /"websocketAddress" .* WebSocket URL/],
    ['a question that is a number', { processId: 1, question: 3 }, /"question" .* text/],
    ['an unknown strategy', { processId: 1, strategy: 'all' }, /"strategy" .* one of/],
    ['a timeout that is too short', { processId: 1, timeout: 1 }, /"timeout"/],
    ['a relative plan without a folder', { processId: 1, plan: 'a.plan.json' }, /"plan" .* absolute/],
  ];
  for (const [what, given, message] of wrong) {
    it(`refuses ${what} with one sentence`, () => {
      assert.throws(
        () => parseAttachRequest(given),
        (error: Error) => error.name === 'NodeScopeError' && message.test(error.message) && error.message.endsWith('.'),
      );
    });
  }
});
