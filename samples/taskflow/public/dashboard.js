import { api, userNames } from './api.js';
import { byId, el, onSubmit, syncList } from './dom.js';
import { live } from './live.js';
import { shell } from './shell.js';
import { byUrgency, dueText, isOverdue, priorityNames, timeText } from './words.js';

const newProject = byId('new-project');
const me = await shell();
let names = await userNames();

byId('open-new-project').addEventListener('click', () => newProject.showModal());
newProject.querySelector('[data-close]').addEventListener('click', () => newProject.close());
onSubmit(newProject.querySelector('form'), async (values) => {
  const project = await api('POST', '/projects', values);
  location.href = `/app/projects/${project.id}`;
});

live('/live/dashboard', { show });

async function show({ projects, tasks, activity }) {
  for (const id of [...projects.map((project) => project.ownerId), ...activity.map((one) => one.userId)]) {
    names = await userNames(id);
  }
  const mine = tasks.filter((task) => task.assigneeId === me.id && task.status !== 'completed').sort(byUrgency);
  byId('count-open').textContent = mine.length;
  byId('count-overdue').textContent = mine.filter(isOverdue).length;
  byId('count-done').textContent = tasks.filter((one) => one.assigneeId === me.id && one.status === 'completed').length;
  byId('count-projects').textContent = projects.filter((project) => project.ownerId === me.id).length;

  const titles = new Map(projects.map((project) => [project.id, project.name]));
  syncList(
    byId('projects'),
    projects.map((project) => withProgress(project, tasks)),
    projectCard,
  );
  syncList(byId('tasks'), mine, (task) => taskRow(task, titles.get(task.projectId)), JSON.stringify([...titles]));
  syncList(byId('activity'), [...activity].reverse(), activityRow);
  byId('no-projects').hidden = projects.length > 0;
  byId('no-tasks').hidden = mine.length > 0;
  byId('no-activity').hidden = activity.length > 0;
}

function withProgress(project, tasks) {
  const own = tasks.filter((task) => task.projectId === project.id);
  return { ...project, total: own.length, completed: own.filter((task) => task.status === 'completed').length };
}

function projectCard({ id, name, description, status, ownerId, total, completed }) {
  const owned = ownerId === me.id;
  const what = owned
    ? `${completed} of ${total} tasks completed`
    : `owned by ${names.get(ownerId)} · ${total} of yours`;
  return el(
    'li',
    { className: 'card project-card' },
    el('a', { className: 'title', href: `/app/projects/${id}`, textContent: name }),
    status === 'archived' ? el('span', { className: 'chip', textContent: 'Archived' }) : null,
    description ? el('p', { className: 'muted clip', textContent: description }) : null,
    !owned
      ? null
      : el('progress', { max: total || 1, value: completed, attributes: { 'aria-label': `Progress of ${name}` } }),
    el('p', { className: 'muted small', textContent: what }),
  );
}

function taskRow(task, projectName = '') {
  const complete = el('button', {
    type: 'button',
    className: 'tick',
    title: 'Complete this task',
    attributes: { 'aria-label': `Complete ${task.title}` },
    on: {
      click: async ({ currentTarget }) => {
        currentTarget.disabled = true;
        await api('POST', `/tasks/${task.id}/complete`).catch(() => {
          currentTarget.disabled = false;
        });
      },
    },
  });
  const due =
    task.dueDate && el('span', { className: isOverdue(task) ? 'late' : '', textContent: dueText(task.dueDate) });
  return el(
    'li',
    { className: 'task-row' },
    complete,
    el(
      'div',
      {},
      el('a', { className: 'title', href: `/app/projects/${task.projectId}#task-${task.id}`, textContent: task.title }),
      el('p', { className: 'muted small' }, `${projectName}${due ? ' · ' : ''}`, due || null),
    ),
    el('span', { className: `chip ${task.priority}`, textContent: priorityNames[task.priority] }),
  );
}

const happened = {
  'task.created': () => 'was created',
  'task.updated': () => 'was changed',
  'task.assigned': (name) => `was assigned to ${name}`,
  'task.completed': () => 'was completed',
  'task.deleted': () => 'was deleted',
  'comment.created': (name) => `— a comment by ${name}`,
  'comment.updated': (name) => `— ${name} changed a comment`,
  'comment.deleted': (name) => `— ${name} deleted a comment`,
  'project.created': () => 'is a new project',
  'project.updated': () => 'was changed',
  'project.deleted': () => 'was deleted, with its tasks',
};

function activityRow({ type, at, node, userId, text }) {
  const what = happened[type]?.(userId === me.id ? 'you' : (names.get(userId) ?? 'somebody')) ?? type;
  return el(
    'li',
    {},
    el('span', {}, el('strong', { textContent: text.length > 60 ? `${text.slice(0, 60)}…` : text }), ` ${what}`),
    el('time', { className: 'muted small', dateTime: at, textContent: `${timeText(at)} · ${node}` }),
  );
}
