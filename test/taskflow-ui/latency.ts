import type { Page } from 'playwright-core';

/** In the viewer's page: remembers, as `seen`, when the awaited title is shown, by the clock of the machine. */
const watch = (title: string): string => `{
  const list = document.querySelector('#tasks');
  window.seen = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (![...list.querySelectorAll('.title')].some((link) => link.textContent === ${JSON.stringify(title)})) return;
      observer.disconnect();
      resolve(performance.timeOrigin + performance.now());
    });
    observer.observe(list, { childList: true, subtree: true });
  });
  true;
}`;

/** In the changer's page: gives the moment at which the change was sent. */
const change = (taskId: number, title: string): string => `(async () => {
  const sent = performance.timeOrigin + performance.now();
  await fetch('/tasks/${taskId}', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: ${JSON.stringify(JSON.stringify({ title }))},
  });
  return sent;
})()`;

/**
 * Changes a task's title in one browser, and returns the milliseconds from sending the change until the dashboard in the
 * other browser shows it. Both browsers have the clock of this machine.
 */
export async function measureUpdate(changer: Page, viewer: Page, taskId: number, title: string): Promise<number> {
  await viewer.evaluate(watch(title));
  const sent = await changer.evaluate<number>(change(taskId, title));
  return (await viewer.evaluate<number>('window.seen')) - sent;
}
