import { strict as assert } from 'node:assert';
import { readersOf } from '../../../src/tracer/probe/readers.ts';

/** Texts of the lines on which readers' bodies begin; `at` marks where the name is looked at from. */
function readers(text: string, name: string, isModule = true): string[] {
  const lines = text.split('\n');
  const line = lines.findIndex((candidate) => candidate.includes('/*at*/'));
  const at = { line, column: (lines[line] as string).indexOf('/*at*/') };
  const [found] = readersOf(text, isModule, [{ name, at }]);
  return (found ?? []).map((place) => (lines[place.line] as string).slice(0, place.column).trim());
}

describe('the functions that read a name', () => {
  const CASES: readonly [what: string, text: string, expected: readonly string[]][] = [
    [
      'callers and those who hand it on',
      'function f() { /*at*/ }\nfunction a() { f() }\nconst b = () => [f];',
      ['function a()', 'const b = () =>'],
    ],
    ['itself', 'function f(n) { /*at*/ return f(n - 1) }', ['function f(n)']],
    [
      'not where it is only a property or a key',
      'function f() { /*at*/ }\nfunction a(o) { o.f(); return { f: 1 } }',
      [],
    ],
    [
      'a computed key and a shorthand',
      'function f() { /*at*/ }\nfunction a(o) { return o[f] }\nfunction b() { return { f } }',
      ['function a(o)', 'function b()'],
    ],
    ['not where a parameter hides it', 'function f() { /*at*/ }\nfunction a(f) { f() }', []],
    ['not where a block hides it', 'function f() { /*at*/ }\nfunction a() { { const f = 1; f } }', []],
    [
      'where only another block hides it',
      'function f() { /*at*/ }\nfunction a() { { const f = 1; f } f() }',
      ['function a()'],
    ],
    [
      'methods, defaults and nested functions',
      'const f = () => { /*at*/ };\nclass A { m() { f() } }\nfunction a(x = f) {}\nfunction b() { return () => f }',
      ['class A { m()', 'function a(x = f)', 'function b() { return () =>'],
    ],
    [
      'the inner one of two with the same name, the function that declares it included',
      'function f() {}\nfunction a() { f() }\nfunction b() { const f = () => { /*at*/ };\nreturn () => f() }',
      ['function b()', 'return () =>'],
    ],
    ['not at the top of the script', 'function f() { /*at*/ }\nf();', []],
  ];
  for (const [what, text, expected] of CASES) it(what, () => assert.deepEqual(readers(text, 'f'), expected));

  it('a variable of the function that is looked at', () => {
    assert.deepEqual(
      readers("const { g } = require('x');\nfunction a() { /*at*/ g() }\nfunction b() { g }", 'g', false),
      ['function a()', 'function b()'],
    );
  });

  it('each name by itself, and none in a text that cannot be parsed', () => {
    const text = 'function f() { g() }\nfunction g() { f() }';
    const seen = [
      { name: 'f', at: { line: 0, column: 15 } },
      { name: 'g', at: { line: 1, column: 15 } },
    ];
    assert.deepEqual(readersOf(text, true, seen), [[{ line: 1, column: 13 }], [{ line: 0, column: 13 }]]);
    assert.deepEqual(readersOf('function (', true, seen), [[], []]);
  });
});
