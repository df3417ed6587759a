import { api } from './api.js';
import { byId, el, onSubmit } from './dom.js';
import { shell } from './shell.js';
import { timeText } from './words.js';

const profile = byId('profile');
const password = byId('password');

let me = await shell();
profile.elements.username.value = me.username;
profile.elements.email.value = me.email;
byId('since').textContent = `Member since ${timeText(me.createdAt)}`;
await showActivity();

onSubmit(profile, async (values) => {
  const changed = Object.fromEntries(Object.entries(values).filter(([name, value]) => me[name] !== value));
  if (Object.keys(changed).length === 0) return 'Nothing has changed.';
  me = await api('PATCH', '/me', changed);
  await showActivity();
  return 'Your profile is saved.';
});

onSubmit(password, async ({ repeated, ...values }) => {
  if (repeated !== values.newPassword) throw new Error('The two new passwords are not the same; type them again.');
  await api('PATCH', '/me', values);
  password.reset();
  await showActivity();
  return 'Your password is changed, and you are logged out on all other devices.';
});

async function showActivity() {
  const { entries } = await api('GET', '/me/activity');
  const rows = entries.map((entry) =>
    el(
      'li',
      {},
      el('span', { textContent: `${entry.action} ` }),
      el('span', { className: 'muted', textContent: entry.detail }),
      el('time', { className: 'muted', dateTime: entry.at, textContent: timeText(entry.at) }),
    ),
  );
  byId('activity').replaceChildren(...rows);
}
