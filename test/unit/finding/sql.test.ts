import assert from 'node:assert/strict';
import { normaliseSql } from '../../../src/tracer/finding/sql.ts';

describe('normalised SQL', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['select * from tasks where id = 1', 'SELECT * FROM tasks WHERE id = ?'],
    ['SELECT *\n\tFROM  Tasks WHERE ID=$12', 'SELECT * FROM tasks WHERE id = ?'],
    ["SELECT 'it''s' , \"Na me\" FROM t -- comment 'x\nWHERE a=1", 'SELECT ?, "Na me" FROM t WHERE a = ?'],
    ['SELECT /* a /* nested */ b */ 1', 'SELECT ?'],
    ['SELECT a FROM t WHERE id IN (1, 2,3)', 'SELECT a FROM t WHERE id IN (?)'],
    ['SELECT a FROM t WHERE id IN ($1)', 'SELECT a FROM t WHERE id IN (?)'],
    ["INSERT INTO t (a, b) VALUES (1, 'x'), (2, NULL), (-3, true)", 'INSERT INTO t(a, b) VALUES (?)'],
    ["SELECT E'a\\'b' FROM t", 'SELECT ? FROM t'],
    ['SELECT $$ any $ thing $$, $x$ $$ $x$ FROM t', 'SELECT ?, ? FROM t'],
    ['SELECT a::int FROM t1 WHERE b = :name AND c = @p1', 'SELECT a::int FROM t1 WHERE b = ? AND c = ?'],
    ['SELECT -1, a-1, 1.5e-3, .5, 0xFF FROM t', 'SELECT ?, a - ?, ?, ?, ? FROM t'],
    ['SELECT a FROM t WHERE b IS NULL AND c = NULL', 'SELECT a FROM t WHERE b IS NULL AND c = ?'],
    ['SELECT count(*), s.t."X"[1] FROM s.t;', 'SELECT count(*), s.t."X"[?] FROM s.t'],
    [
      'SELECT a FROM t WHERE x <= 1 AND y <> 2 AND z || $1 = $2',
      'SELECT a FROM t WHERE x <= ? AND y <> ? AND z || ? = ?',
    ],
    ['', ''],
  ];
  for (const [raw, wanted] of cases) {
    it(JSON.stringify(raw.slice(0, 60)), () => assert.equal(normaliseSql(raw).text, wanted));
  }

  it('gives statements that differ in values, spacing, case and list length one text', () => {
    const a = normaliseSql("SELECT id FROM tasks WHERE project_id = 12 AND status IN ('todo','done') -- page 1");
    const b = normaliseSql('select ID from TASKS\nwhere project_id=99\tand status in ($1)');
    assert.equal(a.text, b.text);
  });

  it('keeps apart what differs in more', () => {
    const texts = [
      'SELECT a FROM t',
      'SELECT b FROM t',
      'SELECT a FROM "T"',
      'SELECT a FROM t WHERE b IS NULL',
      'DELETE FROM t',
    ];
    assert.equal(new Set(texts.map((text) => normaliseSql(text).text)).size, texts.length);
  });

  it('knows what kind of statement it is', () => {
    const verbs = {
      'select 1': 'select',
      'WITH x AS (SELECT 1) SELECT * FROM x': 'select',
      'with x as (select 1) insert into t select * from x': 'insert',
      'insert into t values (1)': 'insert',
      BEGIN: 'transaction',
      'start transaction isolation level serializable': 'transaction',
      'COMMIT;': 'transaction',
      '/* pool */ ROLLBACK TO SAVEPOINT a': 'transaction',
      'savepoint sp_1': 'transaction',
      "SET search_path = 'a'": 'transaction',
      'UPDATE t SET a = 1': 'update',
      'EXPLAIN SELECT 1': 'other',
      '': 'other',
    };
    for (const [sql, verb] of Object.entries(verbs)) assert.equal(normaliseSql(sql).verb, verb, sql);
  });

  it('survives hostile statements in linear time', () => {
    const hostile = [
      "'".repeat(2_000_001),
      '/*'.repeat(1_000_000),
      '('.repeat(2_000_000),
      '$a'.repeat(1_000_000),
      `SELECT ${'?,'.repeat(1_000_000)}`,
      `SELECT * FROM t WHERE id IN (${Array.from({ length: 300_000 }, (_, i) => i).join(',')})`,
      '-'.repeat(2_000_000),
      '\u0000\ud800'.repeat(500_000),
      '"unclosed',
      "'unclosed",
      '/* unclosed',
      '$tag$ unclosed',
      'SELECT 1e',
      ')))',
      ';;;',
    ];
    const start = performance.now();
    for (const sql of hostile) assert.ok(normaliseSql(sql).text.length < 20_000);
    assert.ok(performance.now() - start < 3_000, 'took too long');
  });

  it('treats a statement cut off inside a literal like one with another literal there', () => {
    assert.equal(
      normaliseSql("SELECT a FROM t WHERE b = 'abc").text,
      normaliseSql("SELECT a FROM t WHERE b = 'xyz'").text,
    );
  });
});
