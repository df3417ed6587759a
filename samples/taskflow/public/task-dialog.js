import { api } from './api.js';
import { avatar, byId, el, onSubmit, syncList } from './dom.js';
import { timeText } from './words.js';

const dialog = byId('task');
const form = byId('task-form');
const comment = byId('comment-form');
let current;
let myId;
// The fields as they were when the task was opened.
let opened = {};

/** Shows one task in the page's dialog: its fields, and what is said about it. */
export function openTask(taskId, assigns, names) {
  const task = assigns.tasks.find((one) => one.id === taskId);
  current = taskId;
  myId = assigns.user.id;
  const { title, description, status, priority, dueDate, assigneeId } = form.elements;
  assigneeId.replaceChildren(
    el('option', { value: '', textContent: 'Nobody yet' }),
    ...[...names].map(([value, textContent]) => el('option', { value, textContent })),
  );
  [title.value, description.value] = [task.title, task.description];
  [status.value, priority.value, dueDate.value] = [task.status, task.priority, task.dueDate ?? ''];
  assigneeId.value = task.assigneeId ?? '';
  opened = Object.fromEntries(new FormData(form));
  form.querySelector('output').textContent = '';
  byId('comments').replaceChildren();
  delete byId('comments').dataset.filled;
  refreshTask(assigns, names);
  if (!dialog.open) dialog.showModal();
}

/** Follows what others do to the task that is open. What is being typed is left alone. */
export function refreshTask({ tasks, comments }, names) {
  if (current === undefined) return;
  const task = tasks.find((one) => one.id === current);
  if (!task) {
    dialog.close();
    return;
  }
  byId('task-facts').textContent =
    `Task ${task.id} · ${names.get(task.assigneeId) ?? 'nobody'} · changed ${timeText(task.updatedAt)}`;
  const own = comments.filter((one) => one.taskId === current);
  byId('no-comments').hidden = own.length > 0;
  syncList(byId('comments'), own, commentRow);
}

function commentRow({ id, author, authorId, body, createdAt }) {
  const remove = el('button', {
    type: 'button',
    className: 'quiet small',
    textContent: 'Delete',
    on: { click: () => api('DELETE', `/comments/${id}`).catch((error) => showError(error)) },
  });
  return el(
    'li',
    {},
    avatar(author),
    el(
      'div',
      {},
      el('p', { className: 'small muted', textContent: `${author} · ${timeText(createdAt)}` }),
      el('p', { className: 'said', textContent: body }),
    ),
    authorId === myId ? remove : null,
  );
}

function showError(error) {
  const output = comment.querySelector('output');
  output.textContent = error.message;
  output.className = 'message bad';
}

for (const close of dialog.querySelectorAll('[data-close]')) close.addEventListener('click', () => dialog.close());
dialog.addEventListener('close', () => {
  current = undefined;
  if (location.hash) history.replaceState(null, '', location.pathname);
});

onSubmit(form, async (values) => {
  // Only what was changed here: the rest may have been changed by others meanwhile.
  const { assigneeId, ...fields } = Object.fromEntries(
    Object.entries(values).filter(([name, value]) => value !== opened[name]),
  );
  if (fields.dueDate === '') fields.dueDate = null;
  const save = async () => {
    if (Object.keys(fields).length > 0) await api('PATCH', `/tasks/${current}`, fields);
  };
  const assign = async () => {
    if (assigneeId === undefined) return;
    await api('POST', `/tasks/${current}/assign`, { userId: assigneeId === '' ? null : Number(assigneeId) });
  };
  // A completed task cannot be assigned: it is assigned before it is completed, or after it is reopened.
  for (const step of fields.status === 'completed' ? [assign, save] : [save, assign]) await step();
  dialog.close();
});

byId('delete-task').addEventListener('click', async () => {
  if (!confirm('Delete this task and its comments? This cannot be undone.')) return;
  await api('DELETE', `/tasks/${current}`).catch(() => undefined);
  dialog.close();
});

onSubmit(comment, async (values) => {
  await api('POST', `/tasks/${current}/comments`, values);
  comment.reset();
});
