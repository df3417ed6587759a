import { api } from './api.js';
import { byId, onSubmit } from './dom.js';

onSubmit(byId('form'), async (values) => {
  await api('POST', '/login', values);
  location.href = destination();
});

/** Where somebody wanted to go before logging in; only within this site. */
function destination() {
  const next = new URLSearchParams(location.search).get('next') ?? '';
  const url = URL.canParse(next, location.origin) ? new URL(next, location.origin) : undefined;
  return url?.origin === location.origin && url.pathname.startsWith('/app/') ? url.pathname : '/app/dashboard';
}
