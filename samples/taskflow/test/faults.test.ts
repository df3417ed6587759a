import assert from 'node:assert/strict';
import { faultNames } from '../dist/faults.js';
import { Processes } from './processes.js';

// The proofs bring an embedded database of their own: there is nothing new to see when the tests run on real servers.
if (!process.env.DATABASE_URL) describe('npm run fault', proofsOfFaults);

function proofsOfFaults(): void {
  const processes = new Processes();

  afterEach(() => processes.killAll());

  for (const name of faultNames) {
    for (const [state, args, verdict] of [
      ['on', [name], 'That is the fault, as expected.'],
      ['off', [name, '--off'], 'That is correct, as expected.'],
    ] as const) {
      it(`${name} ${state}`, async () => {
        const proof = processes.run('proof/main.js', [...args]);
        const code = await proof.ended;
        const { stdout, stderr } = proof.output;
        assert.equal(code, 0, stdout + stderr);
        const [head, seen, last] = stdout.split('\n');
        assert.equal(head, `${name}, switched ${state}:`);
        assert.match(seen ?? '', /^ {2}\S.+\.$/);
        assert.equal(last?.trim(), verdict);
      }).timeout(90_000);
    }
  }

  it('says which faults there are', async () => {
    const proof = processes.run('proof/main.js', ['gremlins']);
    assert.equal(await proof.ended, 1);
    assert.match(proof.output.stderr, /^There is no fault "gremlins"\.\nUsage: .+lost-update, n-plus-one/s);
  });
}
