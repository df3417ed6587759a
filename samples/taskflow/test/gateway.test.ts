import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import pg from 'pg';
import { endsIdle, FrontendReader } from '../dist/database/embedded/wire.js';
import { withTransaction } from '../dist/database/transaction.js';
import { testDatabase, until } from './support.js';

describe('gateway to the embedded database', () => {
  before(async () => {
    const { pool } = await testDatabase();
    await pool.query('CREATE TABLE tally (id integer PRIMARY KEY, n integer NOT NULL)');
  });

  beforeEach(async () => {
    const { pool } = await testDatabase();
    await pool.query('DELETE FROM tally');
    await pool.query('INSERT INTO tally VALUES (1, 0)');
  });

  after(async () => {
    await (await testDatabase()).pool.query('DROP TABLE tally');
  });

  it('keeps transactions, failing statements and plain queries of ten connections apart', async () => {
    const { pool } = await testDatabase();
    const increment = (abort: boolean): Promise<void> =>
      withTransaction(pool, async (client) => {
        const { rows } = await client.query<{ n: number }>('SELECT n FROM tally WHERE id = $1 FOR UPDATE', [1]);
        await new Promise((resolve) => setImmediate(resolve));
        await client.query('UPDATE tally SET n = $1 WHERE id = 1', [(rows[0]?.n ?? 0) + 1]);
        if (abort) throw new Error('changed my mind');
      });
    const work = Array.from({ length: 300 }, async (_, index) => {
      if (index % 3 === 0) return increment(index % 2 === 0).catch((error: Error) => error.message);
      if (index % 3 === 1)
        return pool.query('SELECT * FROM missing WHERE x = $1', [1]).catch((error: Error) => error.message);
      const { rows } = await pool.query<{ n: number }>('SELECT $1::int AS n', [index]);
      return rows[0]?.n;
    });
    const answers = await Promise.all(work);
    answers.forEach((answer, index) => {
      if (index % 3 === 0) assert.equal(answer, index % 2 === 0 ? 'changed my mind' : undefined);
      else if (index % 3 === 1) assert.equal(answer, 'relation "missing" does not exist');
      else assert.equal(answer, index);
    });
    const { rows } = await pool.query('SELECT n FROM tally');
    assert.deepEqual(rows, [{ n: 50 }]);
  });

  it('carries values that arrive in many pieces', async () => {
    const { pool } = await testDatabase();
    const big = 'é'.repeat(400_000);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => pool.query('SELECT length($1::text) AS l, $2::int AS i', [big, index])),
    );
    answers.forEach(({ rows }, index) => {
      assert.deepEqual(rows, [{ l: 400_000, i: index }]);
    });
  });

  it('rolls back what a vanished client left open, and serves the others', async () => {
    const { pool, url } = await testDatabase();
    const client = new pg.Client(url);
    client.on('error', () => {});
    await client.connect();
    await client.query('BEGIN');
    await client.query('UPDATE tally SET n = 1000');
    const waiting = pool.query('SELECT n FROM tally');
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    assert.deepEqual((await waiting).rows, [{ n: 0 }]);
  });

  it('closes a connection that does not speak the protocol, and serves the others', async () => {
    const { pool, url } = await testDatabase();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let closed = false;
    socket.on('close', () => {
      closed = true;
    });
    await once(socket, 'connect');
    socket.write('\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1');
    await until('the connection is closed', () => closed);
    assert.deepEqual((await pool.query('SELECT n FROM tally')).rows, [{ n: 0 }]);
  });

  it('cuts the stream at the same places however it is chopped up', () => {
    const startup = message('', Buffer.from([0, 3, 0, 0, ...Buffer.from('user\0me\0\0')]));
    const statement = Buffer.concat([message('P', 'x'), message('B', 'yy'), message('E', 'z'), message('S', '')]);
    const stream = Buffer.concat([startup, statement, message('Q', 'SELECT 1\0'), message('X', '')]);
    for (const size of [1, 2, 3, 7, 1_000]) {
      const reader = new FrontendReader();
      const units = [];
      for (let at = 0; at < stream.length; at += size) units.push(...reader.push(stream.subarray(at, at + size)));
      assert.deepEqual(
        units.map((unit) => unit.kind),
        ['work', 'work', 'work', 'terminate'],
      );
      assert.deepEqual(
        units.map((unit) => (unit.kind === 'work' ? unit.bytes.length : 0)),
        [startup.length, statement.length, 14, 0],
      );
    }
  });

  it('knows the end of a transaction by ReadyForQuery', () => {
    assert.equal(endsIdle(Buffer.from('Z\0\0\0\x05I')), true);
    assert.equal(endsIdle(Buffer.from('C\0\0\0\x04Z\0\0\0\x05I')), true);
    assert.equal(endsIdle(Buffer.from('Z\0\0\0\x05T')), false);
    assert.equal(endsIdle(Buffer.from('Z\0\0\0\x05E')), false);
    assert.equal(endsIdle(Buffer.alloc(0)), false);
  });
});

function message(type: string, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length + 4);
  return Buffer.concat([Buffer.from(type), length, bytes]);
}
