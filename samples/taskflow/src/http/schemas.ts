import { projectStatuses } from '../projects/project.js';
import { taskPriorities, taskStatuses } from '../tasks/task.js';

// JSON schemas of everything that comes in. Ids fit PostgreSQL's integer.

export const id = { type: 'integer', minimum: 1, maximum: 2_147_483_647 } as const;
const nobodyOrId = { ...id, type: ['integer', 'null'] } as const;
/** Free text. PostgreSQL's text has no room for the character NUL. */
export const text = { type: 'string', pattern: '^[^\\u0000]*$' } as const;
/** Free text with something to read in it. */
const words = { type: 'string', pattern: '^(?=\\s*\\S)[^\\u0000]*$' } as const;
const title = { ...words, minLength: 1, maxLength: 200 } as const;
const description = { ...text, maxLength: 10_000 } as const;
// The calendar of PostgreSQL has no year 0.
const dueDate = { type: ['string', 'null'], format: 'date', pattern: '^(?!0000)' } as const;
const priority = { type: 'string', enum: taskPriorities } as const;

const email = { type: 'string', maxLength: 254, format: 'email' } as const;
// Without "@", so that it is never taken for an e-mail address.
const username = { type: 'string', minLength: 2, maxLength: 40, pattern: '^[\\p{L}\\p{N}._-]+$' } as const;
// The longest keeps the time that hashing takes in bounds.
const newPassword = { type: 'string', minLength: 8, maxLength: 200 } as const;
const password = { type: 'string', minLength: 1, maxLength: 200 } as const;

export const idParams = { type: 'object', required: ['id'], properties: { id } } as const;

const page = {
  limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
  offset: { type: 'integer', minimum: 0, maximum: 1_000_000, default: 0 },
} as const;

export const pageQuery = { type: 'object', additionalProperties: false, properties: page } as const;

export const projectListQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { ...page, status: { type: 'string', enum: projectStatuses } },
} as const;

export const taskListQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { status: { type: 'string', enum: taskStatuses } },
} as const;

export const newProjectBody = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: { name: title, description },
} as const;

export const projectPatchBody = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: { name: title, description, status: { type: 'string', enum: projectStatuses } },
} as const;

export const newTaskBody = {
  type: 'object',
  required: ['title'],
  additionalProperties: false,
  properties: { title, description, priority, dueDate, assigneeId: nobodyOrId },
} as const;

export const taskPatchBody = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: { title, description, priority, dueDate, status: { type: 'string', enum: taskStatuses } },
} as const;

export const assignBody = {
  type: 'object',
  required: ['userId'],
  additionalProperties: false,
  properties: { userId: nobodyOrId },
} as const;

export const newUserBody = {
  type: 'object',
  required: ['email', 'username', 'password'],
  additionalProperties: false,
  properties: { email, username, password: newPassword },
} as const;

export const loginBody = {
  type: 'object',
  required: ['login', 'password'],
  additionalProperties: false,
  properties: { login: { ...text, minLength: 1, maxLength: 254 }, password },
} as const;

export const accountPatchBody = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: { email, username, newPassword, currentPassword: password },
  dependencies: { newPassword: ['currentPassword'] },
} as const;

export const commentBody = {
  type: 'object',
  required: ['body'],
  additionalProperties: false,
  properties: { body: { ...words, minLength: 1, maxLength: 10_000 } },
} as const;
