import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { notFound } from '../errors.js';
import type { ProjectService } from '../projects/project-service.js';
import { open } from './authentication.js';
import { idParams } from './schemas.js';
import { pageHeaders } from './security-headers.js';

interface StaticFile {
  bytes: Buffer;
  type: string;
  etag: string;
}

const folder = new URL('../../public/', import.meta.url);
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const forGuests = { '/app/login': 'login.html', '/app/register': 'register.html' };
const forUsers = {
  '/app/profile': 'profile.html',
  '/app/dashboard': 'dashboard.html',
  '/app/reports': 'reports.html',
};

/** The pages under `/app`, and under `/assets` what they load. What they show they get from the JSON routes. */
export async function pageRoutes(
  app: FastifyInstance,
  projects: Pick<ProjectService, 'requireProject'>,
): Promise<void> {
  const files = await readPublicFiles();

  app.get('/', open, async (request, reply) => reply.redirect(request.session ? '/app/dashboard' : '/app/login'));

  for (const [path, name] of Object.entries(forGuests)) {
    app.get(path, open, async (request, reply) =>
      request.session ? reply.redirect('/app/dashboard') : sendFile(request, reply, files.get(name)),
    );
  }

  const forUser = (request: FastifyRequest, reply: FastifyReply, name: string): FastifyReply =>
    request.session
      ? sendFile(request, reply, files.get(name))
      : reply.redirect(`/app/login?next=${encodeURIComponent(request.url)}`);

  for (const [path, name] of Object.entries(forUsers)) {
    app.get(path, open, async (request, reply) => forUser(request, reply, name));
  }
  app.get<{ Params: { id: number } }>(
    '/app/projects/:id',
    { ...open, schema: { params: idParams } },
    async (request, reply) => {
      if (request.session) await projects.requireProject(request.params.id);
      return forUser(request, reply, 'project.html');
    },
  );

  app.get<{ Params: { name: string } }>('/assets/:name', open, async (request, reply) =>
    sendFile(request, reply, files.get(request.params.name)),
  );
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: StaticFile | undefined): FastifyReply {
  if (!file) throw notFound('File', request.url.split('?')[0] ?? '');
  reply.headers(pageHeaders).headers({ etag: file.etag, 'cache-control': 'no-cache' });
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
  return reply.type(file.type).send(file.bytes);
}

/** Read once: what is served cannot be anything but these files. */
async function readPublicFiles(): Promise<Map<string, StaticFile>> {
  const files = new Map<string, StaticFile>();
  for (const name of await readdir(folder)) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const bytes = await readFile(new URL(name, folder));
    files.set(name, { bytes, type, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` });
  }
  return files;
}
