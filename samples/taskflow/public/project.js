import { api, userNames } from './api.js';
import { avatar, byId, el, onSubmit, say, syncList } from './dom.js';
import { live } from './live.js';
import { shell } from './shell.js';
import { openTask, refreshTask } from './task-dialog.js';
import { byUrgency, dueText, isOverdue, priorityNames } from './words.js';

const id = Number(location.pathname.split('/').at(-1));
const settings = byId('settings');
const message = byId('message');
let shown;
let names = new Map();

const me = await shell();
names = await userNames();
live(`/live/projects/${id}`, { show, gone: (text) => leave(text) });
addEventListener('hashchange', openFromHash);

byId('export').href = `/projects/${id}/export`;
onSubmit(byId('add-task'), async ({ title, priority, dueDate }) => {
  await api('POST', `/projects/${id}/tasks`, { title, priority, ...(dueDate && { dueDate }) });
  byId('add-task').reset();
});
byId('assign-next').addEventListener('click', async () => {
  await trying(async () => {
    const { task } = await api('POST', `/projects/${id}/assign-next`);
    names = await userNames(task?.assigneeId);
    say(message, task ? `“${task.title}” is now the work of ${names.get(task.assigneeId)}.` : 'No task is free.', true);
  });
});
byId('open-settings').addEventListener('click', () => {
  const { name, description, status } = settings.querySelector('form').elements;
  [name.value, description.value, status.value] = [shown.project.name, shown.project.description, shown.project.status];
  settings.showModal();
});
settings.querySelector('[data-close]').addEventListener('click', () => settings.close());
onSubmit(settings.querySelector('form'), async (values) => {
  await api('PATCH', `/projects/${id}`, values);
  settings.close();
});
byId('delete-project').addEventListener('click', async () => {
  if (!confirm(`Delete “${shown.project.name}” with its ${shown.tasks.length} tasks? This cannot be undone.`)) return;
  await trying(async () => {
    await api('DELETE', `/projects/${id}`);
    location.href = '/app/dashboard';
  });
});

async function show(assigns) {
  const first = shown === undefined;
  shown = assigns;
  const { project, tasks, comments, people } = assigns;
  for (const { ownerId, assigneeId } of [project, ...tasks]) names = await userNames(ownerId ?? assigneeId);
  document.title = `${project.name} · TaskFlow`;
  byId('name').textContent = project.name;
  byId('description').textContent = project.description || 'No description yet.';
  byId('owner').textContent = `Owned by ${project.ownerId === me.id ? 'you' : names.get(project.ownerId)}`;
  byId('archived').hidden = project.status !== 'archived';
  byId('open-settings').hidden = project.ownerId !== me.id;
  const done = tasks.filter((task) => task.status === 'completed').length;
  byId('progress').max = tasks.length || 1;
  byId('progress').value = done;
  byId('progress-text').textContent = `${done} of ${tasks.length} tasks completed`;
  showPeople(people);

  const remarks = new Map();
  for (const { taskId } of comments) remarks.set(taskId, (remarks.get(taskId) ?? 0) + 1);
  for (const column of document.querySelectorAll('.column')) {
    const { status } = column.dataset;
    const rows = tasks
      .filter((task) => task.status === status)
      .sort(status === 'completed' ? (a, b) => b.updatedAt.localeCompare(a.updatedAt) : byUrgency)
      .map((task) => ({ ...task, comments: remarks.get(task.id) ?? 0 }));
    column.querySelector('.count').textContent = rows.length;
    syncList(column.querySelector('ul'), rows, card);
  }
  refreshTask(assigns, names);
  if (first) openFromHash();
}

/** Each person once, however many windows it has open. */
function showPeople(people) {
  const persons = new Map(people.map((one) => [one.userId, { id: one.userId, name: one.username, node: one.node }]));
  const others = [...persons.values()].filter((one) => one.id !== me.id);
  syncList(byId('people'), [...persons.values()], ({ name, node }) => el('li', {}, avatar(name, `${name} on ${node}`)));
  byId('people-text').textContent =
    others.length === 0 ? 'Only you are here' : `${others.map((one) => one.name).join(', ')} and you are here`;
}

function card(task) {
  const person = names.get(task.assigneeId);
  return el(
    'li',
    { className: `card task-card ${task.priority}` },
    el('button', {
      type: 'button',
      className: 'title',
      textContent: task.title,
      on: { click: () => openTask(task.id, shown, names) },
    }),
    el(
      'div',
      { className: 'task-facts' },
      el('span', { className: `chip ${task.priority}`, textContent: priorityNames[task.priority] }),
      task.dueDate &&
        el('span', { className: `small ${isOverdue(task) ? 'late' : 'muted'}`, textContent: dueText(task.dueDate) }),
      task.comments > 0
        ? el('span', {
            className: 'small muted',
            textContent: task.comments === 1 ? '1 comment' : `${task.comments} comments`,
          })
        : null,
      person ? avatar(person, `Assigned to ${person}`) : el('span', { className: 'small muted', textContent: 'free' }),
    ),
  );
}

function openFromHash() {
  const taskId = Number(/^#task-(\d+)$/.exec(location.hash)?.[1]);
  if (shown?.tasks.some((task) => task.id === taskId)) openTask(taskId, shown, names);
}

function leave(text) {
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
  byId('board').replaceChildren(
    el(
      'p',
      { className: 'empty' },
      `${text} `,
      el('a', { href: '/app/dashboard', textContent: 'Back to the dashboard' }),
    ),
  );
}

async function trying(work) {
  try {
    say(message);
    await work();
  } catch (error) {
    say(message, error.message);
  }
}
