// A Fastify server whose handler makes 26 calls; `BENCH_NAIVE=1` wraps them in the plainest tracer.
import fastify from 'fastify';
import { wrapNaively } from './naive.mjs';
import { Answers, Catalogue, Customers, Prices, Shop, Stock, shop } from './shop.mjs';

if (process.env.BENCH_NAIVE === '1') {
  for (const { prototype } of [Answers, Catalogue, Customers, Prices, Shop, Stock]) {
    for (const name of Object.getOwnPropertyNames(prototype)) if (name !== 'constructor') wrapNaively(prototype, name);
  }
}

const app = fastify();
app.get('/shop/:id', (request) => shop.serve(Number(request.params.id)));
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
process.on('SIGTERM', () => process.exit());
