import assert from 'node:assert/strict';
import { AuditLog } from '../dist/audit/audit-log.js';
import { noFaults } from '../dist/faults.js';
import { resetData, testDatabase, until } from './support.js';

const LONG = 'x'.repeat(200);

describe('audit log', () => {
  beforeEach(() => resetData({ users: 1, projects: 1, tasks: 1 }));

  it('fault lost-promise off: keeps as much of a long detail as fits, and reports what cannot be kept', async () => {
    const { pool } = await testDatabase();
    const failures: unknown[] = [];
    const audit = new AuditLog(pool, noFaults, (error) => failures.push(error));
    audit.record(1, 'created project', LONG);
    await until('the entry is written', async () => (await audit.latest(1, 10)).length === 1);
    assert.equal((await audit.latest(1, 10))[0]?.detail, `${'x'.repeat(119)}…`);
    audit.record(77, 'created project', 'by nobody');
    await until('the failure is reported', () => failures.length === 1);
  });

  it('fault lost-promise on: a long detail is an unhandled rejection, a short one is kept', async () => {
    const { pool } = await testDatabase();
    const audit = new AuditLog(pool, new Set(['lost-promise']), () => assert.fail('nothing is caught'));
    // In place of mocha's own listeners, which would take it for a failure of this test.
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const lost: unknown[] = [];
    process.on('unhandledRejection', (reason) => lost.push(reason));
    try {
      audit.record(1, 'created project', 'Garden');
      audit.record(1, 'created project', LONG);
      await until('the rejection is seen', () => lost.length === 1);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
    assert.match(String(lost[0]), /value too long for type character varying\(120\)/);
    await until('the short one is kept', async () => (await audit.latest(1, 10)).length === 1);
  });
});
