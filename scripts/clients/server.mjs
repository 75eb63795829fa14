// A sandbox of the built binary for one test file: its URL, its counters, and its end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export const binary = process.env.HERMES ?? new URL('../../bin/hermes', import.meta.url).pathname;

// serve starts a sandbox; it ends with its stdin, also when this process dies.
export async function serve(...flags) {
  const child = spawn(binary, ['sandbox', '--exit-on-stdin-close', ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const first = once(createInterface(child.stdout), 'line');
  const [line] = await Promise.race([first, ended.then(() => Promise.reject(new Error('the sandbox did not start')))]);
  return {
    url: JSON.parse(line).url,
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

export const key = 'sk-test-0123456789';
export const hello = /^Sandbox answer, no model was asked\.\nReceived 5 bytes in 1 block, sha256 2cf24dba\.\nFirst line: hello$/;
export const fault = (list) => ({ 'x-sandbox-fault': list });

// weather is a tool; answers.yml calls it once.
export const weather = {
  name: 'weather',
  description: 'The weather of a city',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
};

// verdict is a schema of the strict subset.
export const verdict = {
  type: 'object',
  properties: { ok: { type: 'boolean' }, tags: { type: 'array', items: { type: 'string' }, minItems: 1 } },
  required: ['ok', 'tags'],
  additionalProperties: false,
};
export const fits = { ok: true, tags: ['sandbox'] };
