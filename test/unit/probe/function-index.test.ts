import { strict as assert } from 'node:assert';
import { type Binding, type FunctionNode, indexFunctions } from '../../../src/tracer/probe/function-index.ts';

const shortly = (binding: Binding): string => {
  switch (binding.kind) {
    case 'assignable':
      return `assignable ${binding.name}`;
    case 'constant':
      return `constant ${binding.name}${binding.unique ? '' : ' (shadowed)'}`;
    case 'property': {
      const holder = binding.holder;
      return `property ${holder === undefined ? '' : `${[holder.root, ...holder.keys].join('.')}.`}${binding.key}`;
    }
    case 'none':
      return `none: ${binding.why}`;
  }
};

const indexed = (text: string, isModule = true): string[] =>
  indexFunctions(text, isModule).map((fn) => `${fn.name} | ${shortly(fn.binding)}`);
const only = (text: string): FunctionNode => {
  const [fn, ...others] = indexFunctions(text, true);
  assert.ok(fn !== undefined && others.length === 0);
  return fn;
};

const ACCESSOR = 'none: it is an accessor, which calls no function value';

describe('the functions of a script', () => {
  const CASES: readonly [what: string, text: string, expected: readonly string[]][] = [
    ['declarations', 'function f() {} async function g() {}', ['f | assignable f', 'g | assignable g']],
    [
      'const, let and var',
      'const a = () => 1; let b = function () {}; var c = async () => {};',
      ['a | constant a', 'b | assignable b', 'c | assignable c'],
    ],
    ['a declaration in a function', 'function f() { function g() {} }', ['f | assignable f', 'g | assignable g']],
    [
      'classes',
      'class A { m() {} static s() {} async *stream() {} field = () => 1; "quoted name"() {} }',
      [
        'A.m | property m',
        'A.s | property s',
        'A.stream | property stream',
        'A.field | property field',
        'A.quoted name | property quoted name',
      ],
    ],
    [
      'class members that no property leads to',
      'class A { constructor() {} #hidden() {} get size() { return 1; } set size(v) {} [key()]() {} }',
      [
        'A.constructor | none: it is a class constructor, whose class would have to be replaced',
        'A.#hidden | none: it is a #private method, which nothing outside its class can replace',
        `A.size | ${ACCESSOR}`,
        `A.size | ${ACCESSOR}`,
        'A.<computed> | none: its key is computed',
      ],
    ],
    ['class expressions', 'const B = class Inner { m() {} };', ['B.m | property m']],
    [
      'object literals, one in another',
      'const api = { list() {}, users: { find: async () => 1 }, get n() { return 1; } };',
      ['api.list | property api.list', 'api.users.find | property api.users.find', `api.n | ${ACCESSOR}`],
    ],
    [
      'what CommonJS modules export',
      'exports.f = function () {}; module.exports.g = () => 1; module.exports = { h() {} };',
      ['f | property f', 'g | property g', 'h | property h'],
    ],
    [
      'prototypes and this',
      'function A() { this.m = () => 1; } A.prototype.n = function () {};',
      ['A | assignable A', 'm | property m', 'A.n | property n'],
    ],
    ['default exports', 'export default function main() {}', ['main | assignable main']],
    [
      'default exports without a name',
      'export default () => 1;',
      ['default | none: it is an anonymous default export, which no name in its module refers to'],
    ],
    ['exported names', 'export const a = () => 1; export function b() {}', ['a | constant a', 'b | assignable b']],
    [
      'functions passed on',
      'list.map((x) => x);',
      ['<anonymous> | none: it is passed on as a value where it is defined, so no binding names it'],
    ],
    [
      'a name that means something else inside',
      'const f = (f) => f; const g = function g() {}; const h = () => { const h = 1; return h; };',
      [
        'f | none: inside it the name "f" means something else',
        'g | none: inside it the name "g" means something else',
        'h | none: inside it the name "h" means something else',
      ],
    ],
    ['a name declared twice on the way out', 'const f = 1; { const f = () => 2; f(); }', ['f | constant f (shadowed)']],
  ];
  for (const [what, text, expected] of CASES)
    it(`names and binds ${what}`, () => assert.deepEqual(indexed(text), expected));

  it('counts the resumptions of each body by itself', () => {
    const text = `async function outer(x) {
      await x; await x;
      const inner = async () => { await x; };
      for await (const y of x) await y;
      return inner;
    }
    function* numbers() { yield 1; yield* other(); }
    function plain() { return async () => { await 1; }; }`;
    const found = indexFunctions(text, true).map((fn) => [fn.name, fn.resumptions, fn.asynchronous, fn.generator]);
    assert.deepEqual(found, [
      ['outer', 3, true, false],
      ['inner', 1, true, false],
      ['numbers', 2, false, true],
      ['plain', 0, false, false],
      ['<anonymous>', 1, true, false],
    ]);
  });

  it('gives the text range, the positions and the parameters', () => {
    const text = '\n  function f(a, { b }, c = 1, ...rest) {\n  }';
    const fn = only(text);
    assert.equal(text.slice(fn.start, fn.end), text.trim());
    assert.deepEqual(fn.position, { line: 1, column: 2 });
    assert.deepEqual(fn.endPosition, { line: 2, column: 3 });
    assert.equal(text[fn.bodyStart], '{');
    assert.deepEqual(fn.parameters, ['a', null, 'c', null]);
  });

  it('tells what can be made with new', () => {
    const constructible = (text: string) => only(text).constructible;
    assert.equal(constructible('function F() {}'), true);
    assert.equal(constructible('const F = function () {};'), true);
    assert.equal(constructible('const F = () => 1;'), false);
    assert.equal(constructible('async function f() {}'), false);
    assert.equal(constructible('function* f() {}'), false);
    assert.equal(constructible('class A { m() {} }'), false);
    assert.equal(only('class A { constructor() {} }').classConstructor, true);
  });

  it('tells getters of exports, as compilers write them, from functions', () => {
    assert.deepEqual(
      indexFunctions('__export(x, { f: () => f }); const g = () => f();', false).map((fn) => fn.reference),
      [true, false],
    );
  });

  it('reads scripts and modules, whatever it was told, and nothing that is neither', () => {
    assert.deepEqual(indexed('#!/usr/bin/env node\nreturn; function f() {}', false), ['f | assignable f']);
    assert.deepEqual(indexed('import x from "y"; await x; export function f() {}', false), ['f | assignable f']);
    assert.deepEqual(indexed('with (x) { function f() {} }', true), ['f | assignable f']);
    assert.deepEqual(indexed('function f( {'), []);
    assert.deepEqual(indexed(''), []);
  });
});
