// hermes asks a server that none of us wrote: aimock, which plays the four APIs. It is configured as a user's own server is, by
// a row of three lines, and each answer is the same over each API but where aimock itself says it in other words.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { LLMock } from '@copilotkit/aimock';
import { binary } from './server.mjs';

const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'], additionalProperties: false };
// aimock passes the names of the API that is asked.
const usage = {
  prompt_tokens: 7, completion_tokens: 3, input_tokens: 7, output_tokens: 3, total_tokens: 10,
  promptTokenCount: 7, candidatesTokenCount: 3, totalTokenCount: 10,
};
const rows = {
  chat_completions: { path: '/v1', model: 'gpt-5' },
  responses: { path: '/v1', model: 'gpt-5' },
  gemini: { path: '', model: 'gemini-3-pro' },
  anthropic_messages: { path: '', model: 'claude-sonnet-4-5' },
  // The same API in the form of two services.
  openrouter: { path: '/api/v1', model: 'openai/gpt-5', transport: 'chat_completions' },
  azure: { path: '/openai/deployments/gpt-5?api-version=2024-10-21', model: 'gpt-5', transport: 'chat_completions' },
};
const home = await mkdtemp(join(tmpdir(), 'hermes-clients-'));
const mock = new LLMock({ port: 0 });

before(async () => {
  mock.onMessage('hello', { content: 'Hello, ünï ☕!', usage });
  mock.onMessage('think', { content: 'Thought.', reasoning: 'A thought.' });
  mock.onMessage('long', { content: 'cut short', finishReason: 'length' });
  mock.onMessage('call', { toolCalls: [{ name: 'weather', arguments: '{"city":"Paris"}' }] });
  mock.onMessage('fail', { content: 'text', finishReason: 'content_filter' });
  mock.onMessage('broken', { content: 'an answer that is cut in the middle' }, { truncateAfterChunks: 6, chunkSize: 4, latency: 20 });
  mock.onMessage('garbled', { content: 'never seen' }, { chaos: { malformedRate: 1 } });
  mock.onMessage('gone', { content: 'never seen' }, { chaos: { disconnectRate: 1 } });
  mock.onMessage('json', { content: '{"ok":true}' });
  for (const [word, status, type] of [['busy', 429, 'rate_limit_error'], ['key', 401, 'authentication_error'], ['down', 500, 'server_error']]) {
    mock.onMessage(word, { error: { message: 'no ' + word, type }, status });
  }
  await mock.start();
  const config = Object.entries(rows).map(([name, row]) =>
    `  lab-${name}:\n    base_url: ${mock.url}${row.path}\n    transport: ${row.transport ?? name}\n    default_model: ${row.model}\n`);
  await writeFile(join(home, 'config.yaml'), 'providers:\n' + config.join(''));
  await writeFile(join(home, 'schema.json'), JSON.stringify(schema));
  await writeFile(join(home, 'rows.jsonl'), '{"prompt":"hello"}\n{"prompt":"unheard of"}\n{"prompt":"think"}\n');
});
after(async () => {
  await mock.stop();
  await rm(home, { recursive: true });
});

// hermes runs the built binary in a home of its own, with no variable of the caller's but PATH.
function hermes(...args) {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HERMES_HOME: home };
    rmSync(join(home, 'limits'), { recursive: true, force: true }); // what an earlier refusal taught of the server's rate
    const child = execFile(binary, args, { env, cwd: home, timeout: 20_000 }, (err, stdout, stderr) => {
      resolve({ code: err ? err.code : 0, stdout, stderr });
    });
    child.stdin.end();
  });
}

for (const name of Object.keys(rows)) {
  const ask = (...args) => hermes('--provider', 'lab-' + name, '--retries', '0', ...args);
  const end = async (...args) => JSON.parse((await ask('--json', ...args)).stdout);

  test(name + ': text', async () => {
    assert.deepEqual(await ask('hello'), { code: 0, stdout: 'Hello, ünï ☕!\n', stderr: '' });
  });

  test(name + ': usage', async () => {
    const { status, text, usage, model } = await end('hello');
    assert.deepEqual([status, text, usage.input_tokens, usage.output_tokens, model], ['ok', 'Hello, ünï ☕!', 7, 3, rows[name].model]);
  });

  test(name + ': reasoning', async () => {
    assert.deepEqual(await ask('--reasoning', 'low', '--show-thinking', 'think'), { code: 0, stdout: 'Thought.\n', stderr: 'A thought.\n' });
  });

  test(name + ': JSON by a schema', async () => {
    assert.deepEqual((await end('--output-schema', 'schema.json', 'json')).data, { ok: true });
  });

  test(name + ': what is no whole answer', async () => {
    const ends = async (prompt) => { const e = await end(prompt); return [e.exit_code, e.error.class]; };
    // aimock leaves out incomplete_details, so nothing says that the limit cut the answer.
    assert.deepEqual(await ends('long'), name === 'responses' ? [76, 'protocol'] : [82, 'truncated']);
    assert.deepEqual(await ends('call'), [76, 'protocol']);
    assert.deepEqual(await ends('broken'), [76, 'protocol']);
    assert.deepEqual(await ends('garbled'), [76, 'protocol']);
    assert.deepEqual(await ends('gone'), [69, 'network']);
    // aimock has no refusal: the word of Chat Completions is no stop_reason, and a response failed without an error.
    assert.deepEqual(await ends('fail'), { anthropic_messages: [76, 'protocol'], responses: [69, 'server_error'] }[name] ?? [81, 'refusal']);
  });

  test(name + ': errors', async () => {
    const refused = async (prompt) => { const { exit_code, error } = await end(prompt); return [exit_code, error.class, error.http_status, error.message]; };
    assert.deepEqual(await refused('busy'), [75, 'rate_limit', 429, 'no busy']);
    assert.deepEqual(await refused('key'), [77, 'auth_refused', 401, 'no key']);
    assert.deepEqual(await refused('down'), [69, 'server_error', 500, 'no down']);
    assert.deepEqual((await refused('unheard of')).slice(0, 3), [1, 'invalid_request', 404]);
    // On the Messages API aimock's 404 has not the form of that API.
    if (name !== 'anthropic_messages') assert.match((await ask('unheard of')).stderr, /; check model and parameters\n$/);
  });

  test(name + ': a batch', async () => {
    const { code, stdout } = await hermes('batch', '--provider', 'lab-' + name, '--retries', '0', 'rows.jsonl');
    const lines = stdout.trim().split('\n').map(JSON.parse);
    assert.equal(code, 86);
    assert.deepEqual(lines.map((l) => l.status), ['ok', 'error', 'ok']);
  });
}
