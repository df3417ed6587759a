/** Asks a JSON route; throws an Error with the server's message and its `status` when it refuses. */
export async function api(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Error('TaskFlow cannot be reached; check the connection and try again.');
  });
  const answer = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return answer;
  // Wrong credentials are told on the page; any other 401 means that the session has ended.
  if (response.status === 401 && path !== '/login') toLogin();
  const error = new Error(answer?.message ?? `The server answered ${response.status}; try again later.`);
  throw Object.assign(error, { status: response.status });
}

let leaving = false;

/** To the login and then back here, unless somebody is leaving anyway. */
export function toLogin() {
  if (!leaving) location.href = `/app/login?next=${encodeURIComponent(location.pathname)}`;
}

/** Ends the session. Its end closes the page's live connection, which is then no reason to come back here. */
export async function logOut() {
  leaving = true;
  await api('POST', '/logout').catch(() => undefined);
  location.href = '/app/login';
}

const users = new Map();
let loading;

/** Names of all users by id; asks again for an id it does not know yet. */
export async function userNames(neededId) {
  if (users.size === 0 || (neededId && !users.has(neededId))) {
    loading ??= loadUsers().finally(() => {
      loading = undefined;
    });
    await loading;
  }
  return users;
}

async function loadUsers() {
  for (let offset = 0; ; offset += 200) {
    const page = await api('GET', `/users?limit=200&offset=${offset}`);
    for (const user of page.users) users.set(user.id, user.username);
    if (page.users.length < 200) return;
  }
}
