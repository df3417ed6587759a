import { api } from './api.js';
import { byId, onSubmit } from './dom.js';

onSubmit(byId('form'), async ({ repeated, ...values }) => {
  if (repeated !== values.password) throw new Error('The two passwords are not the same; type them again.');
  await api('POST', '/register', values);
  location.href = '/app/dashboard';
});
