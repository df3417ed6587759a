import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { NodeScopeError } from '../../../src/tracer/error/error.ts';
import { parsePlan } from '../../../src/tracer/plan/schema.ts';

const HERE = import.meta.dirname;
const FIXTURES = join(HERE, 'fixtures/plans');
const editorSchema = new Ajv({ allErrors: false, strict: false }).compile(
  JSON.parse(readFileSync(join(HERE, '../../../schemas/plan.schema.json'), 'utf8')),
);

function plansIn(folder: string): { name: string; text: string }[] {
  const names = readdirSync(join(FIXTURES, folder)).sort();
  assert.ok(names.length > 0);
  return names.map((name) => ({ name, text: readFileSync(join(FIXTURES, folder, name), 'utf8') }));
}

/** The one error that `parsePlan` may throw, checked to be one readable sentence. */
function refusal(input: unknown): NodeScopeError {
  try {
    parsePlan(input, 'x.plan.json');
  } catch (error) {
    assert.ok(error instanceof NodeScopeError, `not a NodeScopeError: ${String(error)}`);
    assert.match(error.message, /^x\.plan\.json: [^\n]+\.$/);
    assert.ok(error.message.length < 700, error.message);
    return error;
  }
  assert.fail(`accepted: ${JSON.stringify(input).slice(0, 200)}`);
}

describe('plan schema', () => {
  describe('the parser and the editor’s JSON schema agree', () => {
    for (const { name, text } of plansIn('good')) {
      it(`good/${name} is accepted by both`, () => {
        const plan = parsePlan(text, name);
        assert.equal(plan.version, 1);
        assert.ok(editorSchema(JSON.parse(text)), JSON.stringify(editorSchema.errors));
        assert.ok(editorSchema(JSON.parse(JSON.stringify(plan))), 'what the parser returns is a valid plan again');
        assert.deepEqual(parsePlan(JSON.stringify(plan), name), plan);
      });
    }
    for (const { name, text } of plansIn('bad')) {
      it(`bad/${name} is refused by both`, () => {
        refusal(text);
        assert.equal(editorSchema(JSON.parse(text)), false);
      });
    }
    for (const { name, text } of plansIn('bad-expression')) {
      it(`bad-expression/${name} is refused by the parser, which alone reads expressions`, () => {
        assert.match(refusal(text).message, /probes\[0\]\.(when|capture\[0\]|path) is refused: the (condition|path)/);
      });
    }
  });

  it('fills in the defaults', () => {
    assert.deepEqual(parsePlan('{"version":1,"probes":[{"kind":"function","at":"a.js#f"}]}', 'x'), {
      version: 1,
      strategy: 'balanced',
      limits: { overheadPercent: 5, eventsPerSecond: 20_000, memoryMB: 64 },
      probes: [{ kind: 'function', at: 'a.js#f', capture: ['args', 'return'] }],
    });
  });

  const places: [input: unknown, message: RegExp][] = [
    ['{"version":1,', /is not valid JSON/],
    [{ version: 1 }, /probes is missing/],
    [{ version: 1, probes: [], colour: 1 }, /"colour" is not a known key/],
    [{ version: 1, probes: [{ kind: 'library', library: 'pg', at: 'x' }] }, /"probes\[0\]\.at" is not a known key/],
    [{ version: 1, probes: [{ kind: 'library', library: 'mysql' }] }, /probes\[0\]\.library must be "http" or "pg"/],
    [{ version: 1, probes: [{ kind: 'line', at: 'a.ts:4' }] }, /probes\[0\] is a "line" probe, which is not supported/],
    [{ version: 1, probes: [{ kind: 'resource' }] }, /probes\[0\] is a "resource" probe, which is not supported/],
    [{ version: 1, probes: [{ kind: 'function', at: 'a.ts#f', sample: 3 }] }, /probes\[0\]\.sample must be at most 1/],
    [
      { version: 1, probes: [{ kind: 'function', at: 'a.ts' }] },
      /probes\[0\]\.at must be written path\/to\/file\.ts#name/,
    ],
  ];
  for (const [input, message] of places) {
    it(`names the place: ${message.source}`, () => assert.match(refusal(input).message, message));
  }

  it('refuses "__proto__" and inherited names as keys, and hostile values of every JSON kind in every place', () => {
    assert.match(refusal('{"version":1,"probes":[],"__proto__":{"x":1}}').message, /__proto__/);
    assert.match(refusal('{"version":1,"probes":[],"toString":1}').message, /toString/);
    const hostile: unknown[] = [
      null,
      true,
      -1,
      1e308,
      '',
      'x'.repeat(100_000),
      [],
      [[]],
      {},
      { length: 5 },
      '\u0000#\u0000',
    ];
    for (const key of ['question', 'strategy', 'limits', 'probes', 'notes', '$schema']) {
      for (const value of hostile) settle({ version: 1, probes: [], [key]: value });
    }
    for (const key of ['kind', 'at', 'capture', 'when', 'sample', 'because', 'predicted', 'path', 'library']) {
      for (const value of hostile) settle({ version: 1, probes: [{ kind: 'function', at: 'a.ts#f', [key]: value }] });
    }
  });
});

/** Either a plan or a NodeScopeError; anything else fails the test. */
function settle(input: unknown): void {
  try {
    parsePlan(JSON.stringify(input), 'x.plan.json');
  } catch (error) {
    assert.ok(error instanceof NodeScopeError, String(error));
  }
}
