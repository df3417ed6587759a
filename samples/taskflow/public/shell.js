import { api, logOut } from './api.js';
import { avatar, byId, el } from './dom.js';

const places = [
  ['/app/dashboard', 'Dashboard'],
  ['/app/reports', 'Reports'],
  ['/app/profile', 'Profile'],
];

/** Fills the page's header: where one is, who one is, and the way out. */
export async function shell() {
  const links = places.map(([href, text]) => {
    const here = location.pathname === href;
    return el('a', { href, textContent: text, attributes: here ? { 'aria-current': 'page' } : {} });
  });
  const who = el('span', { className: 'who' });
  const out = el('button', { type: 'button', className: 'quiet', textContent: 'Log out', on: { click: logOut } });
  byId('header').append(
    el(
      'a',
      { className: 'brand', href: '/app/dashboard' },
      el('img', { src: '/assets/icon.svg', alt: '' }),
      'TaskFlow',
    ),
    el('nav', { attributes: { 'aria-label': 'Main' } }, ...links),
    el('span', { id: 'live-status', className: 'live-status', attributes: { role: 'status' } }),
    who,
    out,
  );
  const me = await api('GET', '/me');
  who.append(avatar(me.username), el('span', { textContent: me.username }));
  return me;
}
