// The npm package @anthropic-ai/sdk on the Messages API.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { fault, hello, key, serve, weather } from './server.mjs';

let server, client;
before(async () => {
  server = await serve('--script', new URL('answers.yml', import.meta.url).pathname);
  client = new Anthropic({ apiKey: key, authToken: null, baseURL: server.url, maxRetries: 0 });
});
after(() => server.close());

const ask = { model: 'sandbox', max_tokens: 500, messages: [{ role: 'user', content: 'hello' }] };

test('a document', async () => {
  const whole = await client.messages.create(ask);
  assert.match(whole.content[0].text, hello);
  assert.equal(whole.stop_reason, 'end_turn');
});

test('a stream with thinking', async () => {
  const whole = await client.messages.stream({ ...ask, thinking: { type: 'adaptive' } }).finalMessage();
  assert.match(whole.content[0].thinking, /does not think/);
  assert.match(whole.content[1].text, hello);
});

test('a tool call and its result', async () => {
  const tools = [{ name: weather.name, description: weather.description, input_schema: weather.schema }];
  const asked = [{ role: 'user', content: 'the weather?' }];
  const whole = await client.messages.stream({ ...ask, messages: asked, tools }).finalMessage();
  const call = whole.content.find((b) => b.type === 'tool_use');
  assert.deepEqual([whole.stop_reason, call.input], ['tool_use', { city: 'Paris' }]);
  const result = [{ type: 'tool_result', tool_use_id: call.id, content: '9' }];
  const next = await client.messages.create({
    ...ask, tools, messages: [...asked, { role: 'assistant', content: whole.content }, { role: 'user', content: result }],
  });
  assert.equal(next.content[0].text, 'It is 9 degrees.');
});

test('errors, and the list of models', async () => {
  await assert.rejects(client.messages.create(ask, { headers: fault('status=429') }), (e) => e instanceof Anthropic.RateLimitError);
  await assert.rejects(client.messages.stream(ask, { headers: fault('error=overloaded_error') }).finalMessage(), /overloaded/);
  const names = [];
  for await (const m of client.models.list()) names.push(m.id);
  assert.ok(names.includes('sandbox'));
});
