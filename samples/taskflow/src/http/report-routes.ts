import type { FastifyInstance } from 'fastify';
import { RequestError } from '../errors.js';
import { type ReportKind, reportKinds } from '../reports/report.js';
import type { ReportFormat, ReportGenerator } from '../reports/report-generator.js';
import { type FileStorageClient, type StorageFailure, storageFailures } from '../storage/file-storage-client.js';
import { idParams } from './schemas.js';

const reportBody = {
  type: 'object',
  required: ['kind', 'year'],
  additionalProperties: false,
  properties: {
    kind: { type: 'string', enum: reportKinds },
    year: { type: 'integer', minimum: 2000, maximum: 2999 },
    month: { type: 'integer', minimum: 1, maximum: 12 },
  },
} as const;

const formatQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { format: { type: 'string', enum: ['csv', 'html'], default: 'csv' } },
} as const;

const storageBody = {
  type: 'object',
  required: ['fail'],
  additionalProperties: false,
  properties: { fail: { type: 'string', enum: storageFailures } },
} as const;

const TYPES: Record<ReportFormat, string> = { csv: 'text/csv; charset=utf-8', html: 'text/html; charset=utf-8' };

interface ById {
  Params: { id: number };
}

export function reportRoutes(app: FastifyInstance, reports: ReportGenerator, storage: FileStorageClient): void {
  app.post<{ Body: { kind: ReportKind; year: number; month?: number } }>(
    '/reports',
    { schema: { body: reportBody } },
    async (request, reply) => {
      const { kind, year, month = null } = request.body;
      if ((kind === 'monthly') !== (month !== null)) {
        throw new RequestError(400, 'A monthly report needs a month (1 to 12), and an annual one has none.');
      }
      const job = reports.begin({ kind, year, month });
      return reply.code(202).header('location', `/reports/${job.id}`).send(job);
    },
  );

  app.get('/reports/quick', async () => reports.quick(new Date()));

  app.get<ById>('/reports/:id', { schema: { params: idParams } }, async (request) => reports.find(request.params.id));

  app.get<ById & { Querystring: { format: ReportFormat } }>(
    '/reports/:id/download',
    { schema: { params: idParams, querystring: formatQuery } },
    async (request, reply) => {
      const { format } = request.query;
      const { name, content } = await reports.open(request.params.id, format);
      return reply
        .type(TYPES[format])
        .header('content-disposition', `attachment; filename="${name}"`)
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
        .header('x-content-type-options', 'nosniff')
        .send(content);
    },
  );

  // For trying out what happens when the storage fails.
  app.post<{ Body: { fail: StorageFailure } }>(
    '/reports/storage',
    { schema: { body: storageBody } },
    async (request) => {
      storage.failing = request.body.fail;
      return { fail: storage.failing };
    },
  );
}
