import Mocha from 'mocha';

/** The entry of the test run inside the extension host; rejects when a test has failed. */
export async function run(): Promise<void> {
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 60_000,
    slow: 5_000,
    bail: !process.env.NODESCOPE_TEST_ALL,
    color: false,
    reporter: 'spec',
  });
  const grep = process.env.NODESCOPE_TEST_GREP;
  if (grep) mocha.grep(grep);
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  await import('./session.test.ts');
  await import('./errors.test.ts');
  await new Promise<void>((resolve, reject) => {
    mocha.run((failures) => (failures === 0 ? resolve() : reject(new Error(`${failures} tests failed.`))));
  });
}
