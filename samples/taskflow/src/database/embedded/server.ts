import { openEngine } from './engine.js';
import { Gateway } from './gateway.js';

// Entry point of the database process. It lives exactly as long as the process that started it: a closed IPC channel
// means that the parent is gone, whatever ended it. Signals sent to the whole group (Ctrl-C) are left to the
// parent, which still needs the database for the requests it is finishing.
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

const gateway = new Gateway(await openEngine());
const port = await gateway.listen();
if (process.connected) process.send?.({ port });
else process.exit(0);
