import assert from 'node:assert/strict';
import { types } from 'node:util';
import { evaluate, type ReadProperty } from '../../../src/tracer/agent/evaluate.ts';
import { NodeScopeError } from '../../../src/tracer/error/error.ts';
import { parseExpression } from '../../../src/tracer/plan/expression.ts';
import { createRandom } from './random.ts';

/** The reader as the agent has it: descriptors only, along the prototype chain, nothing of a Proxy. */
const read: ReadProperty = (object, key) => {
  for (let holder: object | null = object; holder !== null && !types.isProxy(holder); ) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key);
    if (descriptor) return 'value' in descriptor ? descriptor.value : undefined;
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return undefined;
};

const run = (text: string, self: unknown = undefined, ...args: unknown[]): unknown =>
  evaluate(parseExpression(text), { self, args }, read);

describe('condition evaluation in the agent', () => {
  it('agrees with JavaScript on primitives', () => {
    const random = createRandom(7);
    const values = ['0', '1', '-3', '2.5', '"a"', '"10"', '""', 'null', 'true', 'false', 'undefined'];
    const operators = [
      '==',
      '!=',
      '===',
      '!==',
      '<',
      '<=',
      '>',
      '>=',
      '+',
      '-',
      '*',
      '/',
      '%',
      '&',
      '|',
      '^',
      '<<',
      '>>',
      '>>>',
      '&&',
      '||',
    ];
    for (let i = 0; i < 3_000; i += 1) {
      const unary = random.pick(['', '!', '-', '+', '~', 'typeof ']);
      const text = `${unary}(${random.pick(values)}) ${random.pick(operators)} (${random.pick(values)} ${random.pick(operators)} ${random.pick(values)})`;
      // biome-ignore lint/security/noGlobalEval: JavaScript itself is the reference; the text is made of the lists above.
      const expected: unknown = globalThis.eval(text);
      assert.deepEqual(run(text), expected, text);
    }
    assert.equal(run('null ?? 3'), 3);
    assert.equal(run('2 ** 10'), 1024);
  });

  it('reads members, arguments, strings and null safely', () => {
    const self = { slots: { a: [10, 20] }, name: 'abc', index: 1 };
    assert.equal(run('this.slots.a[this.index] === 20', self), true);
    assert.equal(run('args[0].user.id', null, { user: { id: 7 } }), 7);
    assert.equal(run('args.length', null, 1, 2), 2);
    assert.equal(run('args[5]', null, 1), undefined);
    assert.equal(run('args["0"]', null, 'x'), 'x');
    assert.equal(run('args.slice', null, 1), undefined);
    assert.equal(run('this.a.b.c', null), undefined);
    assert.equal(run('this.name.length + this.name[1]', self), '3b');
    assert.equal(run('this.name.at', self), undefined);
    assert.equal(run('unresolved', self), undefined);
    assert.equal(run('args[0] === this', self, self), true);
    assert.equal(run('args[0] != null', null, {}), true);
  });

  it('runs no getter, no Proxy trap, no conversion', () => {
    const fail = (): never => assert.fail('application code ran');
    const proxy = new Proxy({}, { get: fail, getOwnPropertyDescriptor: fail, has: fail, getPrototypeOf: fail });
    const hostile = {
      get value() {
        return fail();
      },
      valueOf: fail,
      toString: fail,
      [Symbol.toPrimitive]: fail,
      inner: proxy,
      [Symbol.toStringTag]: 'x',
    };
    for (const operand of [hostile, proxy, Object.assign(() => fail(), hostile.inner), Symbol('s')]) {
      for (const operator of [
        '==',
        '!=',
        '<',
        '<=',
        '>',
        '>=',
        '+',
        '-',
        '*',
        '/',
        '%',
        '**',
        '&',
        '|',
        '^',
        '<<',
        '>>',
        '>>>',
      ]) {
        for (const other of ['1', '"a"', '1n', 'true', 'args[1]']) {
          assert.ok(!run(`args[0] ${operator} ${other}`, null, operand, { ...{ valueOf: fail } }) || operator === '!=');
          assert.ok(!run(`${other} ${operator} args[0]`, null, operand, { ...{ valueOf: fail } }) || operator === '!=');
        }
      }
      for (const operator of ['-', '+', '~']) assert.equal(run(`${operator}args[0]`, null, operand), undefined);
      assert.equal(run('!args[0]', null, operand), false);
      run('typeof args[0]', null, operand);
      run('args[0].value.x', null, operand);
      run('args[0][args[0]]', null, operand);
    }
    assert.equal(run('this.value', hostile), undefined);
    assert.equal(run('this.inner.anything', hostile), undefined);
    assert.equal(run('this[args[0]]', { constructor: 1 }, 'constructor'), undefined);
  });

  it('keeps BigInt work bounded and mixes nothing', () => {
    assert.equal(run('args[0] > 5n', null, 6n), true);
    assert.equal(run('args[0] + 1n', null, 6n), 7n);
    assert.equal(run('-args[0]', null, 6n), -6n);
    assert.equal(run('args[0] + 1', null, 6n), undefined);
    assert.equal(run('+args[0]', null, 6n), undefined);
    assert.equal(run('args[0] ** args[0]', null, 10n ** 9n), undefined);
    assert.equal(run('1n << args[0]', null, 10n ** 9n), undefined);
  });

  it('never throws, whatever the values and the reader do', () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const values: unknown[] = [
      null,
      undefined,
      0,
      -0,
      NaN,
      'x',
      5n,
      Symbol.iterator,
      {},
      [],
      () => 1,
      revoked.proxy,
      new Map(),
      Object.create(null),
    ];
    const random = createRandom(11);
    const operators = ['==', '===', '<', '+', '-', '*', '**', '%', '&', '>>>', '&&', '||'];
    const leaf = (): string =>
      random.pick(['args[0]', 'args[1]', 'this', 'args[0].a', 'this[args[1]]', '1', '"k"', '2n', '-args[1]', '!this']);
    const throwing: ReadProperty = () => {
      throw new Error('reader failed');
    };
    let checked = 0;
    for (let i = 0; i < 10_000; i += 1) {
      const text = `(${leaf()} ${random.pick(operators)} ${leaf()}) ${random.pick(operators)} ${leaf()}`;
      let tree: ReturnType<typeof parseExpression>;
      try {
        tree = parseExpression(text);
      } catch (error) {
        assert.ok(error instanceof NodeScopeError);
        continue;
      }
      evaluate(
        tree,
        { self: random.pick(values), args: [random.pick(values), random.pick(values)] },
        random.below(4) === 0 ? throwing : read,
      );
      checked += 1;
    }
    assert.ok(checked > 5_000, `${checked}`);
  });
});
