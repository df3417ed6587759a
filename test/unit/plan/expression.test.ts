import assert from 'node:assert/strict';
import { NodeScopeError } from '../../../src/tracer/error/error.ts';
import { parseExpression, resolveNames } from '../../../src/tracer/plan/expression.ts';
import {
  BINARY_OPERATORS,
  type ExpressionTree,
  LOGICAL_OPERATORS,
  UNARY_OPERATORS,
} from '../../../src/tracer/plan/expression-tree.ts';
import { parsePath, parseWatchPath } from '../../../src/tracer/plan/path.ts';
import { createRandom, type Random } from './random.ts';

/** Checks every node against the documented union, keys included; returns the number of nodes. */
function checkTree(tree: ExpressionTree): number {
  const keys = (expected: string[]) => assert.deepEqual(Object.keys(tree).sort(), [...expected, 'kind'].sort());
  switch (tree.kind) {
    case 'literal':
      keys(['value']);
      assert.ok(tree.value === null || ['string', 'number', 'boolean'].includes(typeof tree.value));
      assert.ok(typeof tree.value !== 'number' || Number.isFinite(tree.value));
      return 1;
    case 'undefined':
      keys([]);
      return 1;
    case 'bigint':
      keys(['digits']);
      assert.match(tree.digits, /^\d+$/);
      return 1;
    case 'root':
      keys(['root']);
      assert.ok(tree.root === 'this' || tree.root === 'args');
      return 1;
    case 'name':
      keys(['name']);
      assert.ok(!(tree.name in globalThis), `global ${tree.name}`);
      return 1;
    case 'member':
      keys(['object', 'key']);
      if (tree.key.kind === 'literal') {
        assert.ok(!['__proto__', 'constructor', 'prototype'].includes(String(tree.key.value)));
      }
      return 1 + checkTree(tree.object) + checkTree(tree.key);
    case 'unary':
      keys(['operator', 'operand']);
      assert.ok(UNARY_OPERATORS.includes(tree.operator));
      return 1 + checkTree(tree.operand);
    case 'binary':
      keys(['operator', 'left', 'right']);
      assert.ok((BINARY_OPERATORS as readonly string[]).includes(tree.operator));
      return 1 + checkTree(tree.left) + checkTree(tree.right);
    case 'logical':
      keys(['operator', 'left', 'right']);
      assert.ok(LOGICAL_OPERATORS.includes(tree.operator));
      return 1 + checkTree(tree.left) + checkTree(tree.right);
    default:
      assert.fail(`a node kind that is not in the union: ${JSON.stringify(tree)}`);
  }
}

/** A random expression: mostly of the subset, sometimes with something forbidden, sometimes damaged text. */
function expression(random: Random, depth: number): string {
  const sub = (): string => expression(random, depth - 1);
  if (depth <= 0) return random.pick(LEAVES);
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
      return `${sub()} ${random.pick([...BINARY_OPERATORS, ...LOGICAL_OPERATORS, 'in', 'instanceof', '=', '+=', ',', '??='])} ${sub()}`;
    case 3:
      return `${random.pick([...UNARY_OPERATORS, 'void', 'delete', '++', 'await', 'yield', 'new', '...'])} ${sub()}`;
    case 4:
    case 5:
    case 6:
      return `${sub()}${random.pick(['.', '?.'])}${random.pick(['id', 'slots', 'constructor', '__proto__', 'prototype', '#x', 'größe', 'size'])}`;
    case 7:
    case 8:
      return `${sub()}${random.pick(['', '?.'])}[${sub()}]`;
    case 9:
      return `(${sub()})`;
    case 10:
      return random.pick([`${sub()}(${sub()})`, `${sub()}?.(${sub()})`, `${sub()}\`\${${sub()}}\``, `${sub()}++`]);
    case 11:
      return random.pick([
        `[${sub()}]`,
        `{a: ${sub()}}`,
        `() => ${sub()}`,
        `function(){ return ${sub()} }`,
        `/${sub()}/`,
      ]);
    case 12: {
      const text = sub();
      const at = random.below(text.length + 1);
      return text.slice(0, at) + random.pick(DAMAGE) + text.slice(at);
    }
    default:
      return random.pick(LEAVES);
  }
}
const LEAVES = [
  ...[
    'this',
    'args',
    'args[0]',
    'this.slots',
    'userId',
    'undefined',
    'null',
    'true',
    '0',
    '1.5',
    '0x1f',
    '1e999',
    '7n',
    '0b1n',
  ],
  ...[
    '"a"',
    "'__proto__'",
    '"constructor"',
    '`t`',
    '/x/g',
    'process',
    'globalThis',
    'eval',
    'require',
    'async',
    'let',
    'import.meta',
  ],
  ...[
    'new.target',
    'super',
    'super.x',
    'class {}',
    '-0',
    "'\\u0061'",
    'arguments',
    'await',
    'import("fs")',
    'of',
    'get',
  ],
];
const DAMAGE = [
  '(',
  ')',
  '[',
  ']',
  '"',
  "'",
  '`',
  '//',
  '/*',
  '*/',
  '<!--',
  '\n',
  ';',
  '\\',
  '#',
  '\u2028',
  '\ud800',
  '@',
  '{',
  '}',
  '=>',
];

describe('condition expressions', () => {
  it('refuses everything outside the subset, in 20,000 generated expressions, without another exception', function () {
    this.timeout(30_000);
    const random = createRandom(20_261_123);
    let accepted = 0;
    let refused = 0;
    for (let i = 0; i < 20_000; i += 1) {
      const text = expression(random, random.below(6));
      let tree: ExpressionTree;
      try {
        tree = parseExpression(text);
      } catch (error) {
        assert.ok(error instanceof NodeScopeError, `${text} -> ${String(error)}`);
        assert.match(error.message, /^the condition [^\n]+\.$/);
        refused += 1;
        continue;
      }
      assert.ok(checkTree(tree) <= 400, text);
      assert.deepEqual(JSON.parse(JSON.stringify(tree)), tree, 'survives JSON');
      accepted += 1;
    }
    assert.ok(accepted > 2_000, `only ${accepted} accepted: the generator no longer tests the accepting side`);
    assert.ok(refused > 10_000, `only ${refused} refused: the generator no longer tests the refusing side`);
  });

  const refused: [text: string, why: RegExp][] = [
    ['process.exit()', /calls a function/],
    ['this.slots?.get?.(1)', /calls a function/],
    ['this.x = 1', /assigns/],
    ['this.x++', /\+\+ or --/],
    ['delete this.x', /uses delete/],
    ['void 0', /uses void/],
    ['"a" in this', /uses in/],
    ['this instanceof x', /uses instanceof/],
    ['#x in this', /./],
    ['new Date', /with new/],
    ['`a`', /template literal/],
    ['a`b`', /template literal/],
    ['[...args]', /builds an array/],
    ['/a/', /regular expression/],
    ['await this.x', /uses await/],
    ['import("fs")', /imports a module/],
    ['import.meta', /meta property/],
    ['() => 1', /defines a function/],
    ['a ? b : c', /uses \?:/],
    ['a, b', /comma/],
    ['a; b', /must be one expression/],
    ['a)', /must be one expression/],
    ['this.constructor', /reads constructor/],
    ['this["__proto__"]', /reads __proto__/],
    ['this["proto\\u0074ype"]', /reads prototype/],
    ['globalThis.x', /global globalThis/],
    ['return', /./],
    ['', /not a JavaScript expression/],
    ['1 // comment', /comment/],
    ['1 <!-- comment', /./],
    [`${'('.repeat(400)}1${')'.repeat(400)}`, /nested deeper|parts/],
    [`1${'+1'.repeat(300)}`, /nested deeper|parts/],
    ['1'.repeat(1_001), /longer than 1000/],
    ['1e999', /too large/],
    ['this[null]', /as a property name/],
  ];
  for (const [text, why] of refused) {
    it(`refuses ${text.slice(0, 40)}`, () => {
      assert.throws(
        () => parseExpression(text),
        (error) => error instanceof NodeScopeError && error.code === 'plan.expression' && why.test(error.message),
      );
    });
  }

  it('makes the documented tree', () => {
    assert.deepEqual(parseExpression('args[1]?.id > 7 && !this.done'), {
      kind: 'logical',
      operator: '&&',
      left: {
        kind: 'binary',
        operator: '>',
        left: {
          kind: 'member',
          object: { kind: 'member', object: { kind: 'root', root: 'args' }, key: { kind: 'literal', value: 1 } },
          key: { kind: 'literal', value: 'id' },
        },
        right: { kind: 'literal', value: 7 },
      },
      right: {
        kind: 'unary',
        operator: '!',
        operand: { kind: 'member', object: { kind: 'root', root: 'this' }, key: { kind: 'literal', value: 'done' } },
      },
    });
    assert.deepEqual(parseExpression('0x10n'), { kind: 'bigint', digits: '16' });
  });

  it('resolves parameter names to arguments, and says which names there are', () => {
    const text = 'userId === taskId';
    const argument = (value: number) => ({
      kind: 'member',
      object: { kind: 'root', root: 'args' },
      key: { kind: 'literal', value },
    });
    assert.deepEqual(resolveNames(text, parseExpression(text), ['taskId', null, 'userId']), {
      kind: 'binary',
      operator: '===',
      left: argument(2),
      right: argument(0),
    });
    assert.throws(
      () => resolveNames('x > 1', parseExpression('x > 1'), ['a', null]),
      /names x, which is no parameter.*are a\./,
    );
  });
});

describe('capture paths', () => {
  it('parses names, indexes and quoted keys', () => {
    assert.deepEqual(parsePath('this.slots'), { root: 'this', keys: ['slots'] });
    assert.deepEqual(parsePath('args[0].user.id'), { root: 'args', keys: [0, 'user', 'id'] });
    assert.deepEqual(parsePath('this["a b"][\'c\'][12]'), { root: 'this', keys: ['a b', 'c', 12] });
    assert.deepEqual(parsePath('args'), { root: 'args', keys: [] });
    assert.deepEqual(parseWatchPath('slots'), ['slots']);
    assert.deepEqual(parseWatchPath('this.state.count'), ['state', 'count']);
    assert.deepEqual(parseWatchPath('thisOne'), ['thisOne']);
  });
  for (const text of [
    '',
    'slots',
    'this.',
    'this..a',
    'this.a()',
    'args[i]',
    'args[-1]',
    'this.#slots',
    'this.constructor',
    'this["__proto__"]',
    'this?.a',
    'argsx',
    'this a',
    `this${'.a'.repeat(11)}`,
    `this.${'a'.repeat(300)}`,
  ]) {
    it(`refuses ${text.slice(0, 30)}`, () => {
      assert.throws(
        () => parsePath(text),
        (error) => error instanceof NodeScopeError && error.code === 'plan.path',
      );
    });
  }
  it('refuses watch paths without a property', () => {
    for (const text of ['', 'this', 'prototype', 'a.#b', '#a'])
      assert.throws(() => parseWatchPath(text), NodeScopeError);
  });
});
