// Answers questions over the IPC channel with `questions[what](value)`; ends when the channel closes.
export function answer(questions) {
  const all = { ready: () => true, ...questions };
  process.on('message', async ({ id, what, value }) => {
    process.send({ id, answer: await all[what](value) });
  });
  process.on('disconnect', () => process.exit());
  process.on('SIGTERM', () => process.exit());
}
