/**
 * The loopback HTTP server behind `test/vscode/rig/bridge.ts`: takes one action per POST, hands it to the workbench
 * driver, answers JSON. The URL carries a random secret, because any page in any browser here could POST to a port.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { RigError } from './rig-error.mjs';

const MAX_BODY_BYTES = 1_000_000;

/**
 * @typedef {import('./workbench-driver.mjs').WorkbenchDriver} WorkbenchDriver
 * @typedef {import('../../test/vscode/rig/protocol.ts').BridgeRequest} BridgeRequest
 * @typedef {import('../../test/vscode/rig/protocol.ts').BridgeResponse} BridgeResponse
 */

/**
 * Starts the bridge. The driver comes later than the URL (the browser opens after the extension host's environment is
 * fixed), so it is asked for at each request.
 *
 * @param {() => Promise<WorkbenchDriver>} driver
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function startTestBridge(driver) {
  const path = `/${randomBytes(16).toString('hex')}`;
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST' || request.url !== path) {
      response.writeHead(404).end();
      return;
    }
    /** @type {BridgeResponse} */
    let answer;
    try {
      const parsed = /** @type {BridgeRequest} */ (JSON.parse(await readBody(request)));
      const value = await perform(await driver(), parsed);
      answer = { ok: true, value: /** @type {never} */ (value ?? null) };
    } catch (error) {
      answer = { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}${path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * @param {WorkbenchDriver} driver
 * @param {BridgeRequest} request
 * @returns {Promise<unknown>}
 */
async function perform(driver, request) {
  switch (request.action) {
    case 'screenshot':
      return await driver.screenshot(request.name, request.place, request.target);
    case 'press':
      return await driver.press(request.key);
    case 'type':
      return await driver.type(request.text);
    case 'runCommand':
      return await driver.runCommand(request.title);
    case 'setViewport':
      return await driver.setViewport(request.width, request.height);
    case 'problems':
      return driver.problems();
    case 'click':
      return await driver.click(request.place, request.target, request);
    case 'hover':
      return await driver.hover(request.place, request.target, request.position);
    case 'drag':
      return await driver.drag(request.place, request.target, request.from, request.to);
    case 'wheel':
      return await driver.wheel(request.place, request.target, request);
    case 'waitFor':
      return await driver.waitFor(request.place, request.target, request);
    case 'text':
      return await driver.text(request.place, request.target);
    case 'count':
      return await driver.count(request.place, request.target);
    case 'box':
      return await driver.box(request.place, request.target);
    case 'evaluate':
      return await driver.evaluate(request.place, request.expression);
    default: {
      /** @type {never} */
      const unknown = request;
      throw new RigError(`The test bridge does not know this action: ${JSON.stringify(unknown)}.`);
    }
  }
}

/** @param {import('node:http').IncomingMessage} request */
async function readBody(request) {
  let size = 0;
  /** @type {Buffer[]} */
  const chunks = [];
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RigError(`A bridge request is limited to ${MAX_BODY_BYTES} bytes; send less.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
