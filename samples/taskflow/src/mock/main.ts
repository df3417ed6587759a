import { MockService } from './mock-service.js';

const DEFAULT_PORT = 4200;

// Entry point of the mock service: a process of its own, started by TaskFlow or by hand (`npm run mock`). Started by
// TaskFlow it lives exactly as long as that does: a closed IPC channel means that the parent is gone, whatever ended it.
const mock = new MockService();
if (process.send) {
  process.on('disconnect', () => process.exit(0));
  // Signals to the whole group (Ctrl-C) are left to the parent, which may still be sending.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  const url = await mock.listen();
  if (process.connected) process.send({ url });
  else process.exit(0);
} else {
  const port = Number(process.env.MOCK_PORT ?? DEFAULT_PORT);
  try {
    console.log(`Mock service listening on ${await mock.listen(port)} (pid ${process.pid})`);
  } catch (error) {
    console.error(`The mock service cannot listen on port ${port} (${String(error)}); set MOCK_PORT to a free port.`);
    process.exit(1);
  }
}
