// The npm package openai on Chat Completions and Responses.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI, { AuthenticationError, NotFoundError, RateLimitError } from 'openai';
import { fault, fits, hello, key, serve, verdict, weather } from './server.mjs';

let server, client;
before(async () => {
  server = await serve('--script', new URL('answers.yml', import.meta.url).pathname);
  client = new OpenAI({ apiKey: key, baseURL: server.url + '/v1', maxRetries: 0 });
});
after(() => server.close());

const messages = [{ role: 'user', content: 'hello' }];

test('chat: a document', async () => {
  const { data, request_id } = await client.chat.completions.create({ model: 'sandbox', messages }).withResponse();
  assert.match(data.choices[0].message.content, hello);
  assert.equal(data.choices[0].finish_reason, 'stop');
  assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens);
  assert.match(request_id, /^req_/);
});

test('chat: a stream', async () => {
  const stream = client.chat.completions.stream({ model: 'sandbox', messages, stream_options: { include_usage: true } });
  let text = '';
  stream.on('content', (piece) => (text += piece));
  const whole = await stream.finalChatCompletion();
  assert.match(text, hello);
  assert.equal(whole.choices[0].message.content, text);
  assert.equal((await stream.totalUsage()).prompt_tokens, 2);
});

test('chat: a tool call and its result', async () => {
  const tools = [{ type: 'function', function: { name: weather.name, description: weather.description, parameters: weather.schema } }];
  const asked = [{ role: 'user', content: 'the weather?' }];
  const stream = client.chat.completions.stream({ model: 'sandbox', messages: asked, tools });
  const whole = await stream.finalChatCompletion();
  const [call] = whole.choices[0].message.tool_calls;
  assert.equal(whole.choices[0].finish_reason, 'tool_calls');
  assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ['weather', { city: 'Paris' }]);
  const next = await client.chat.completions.create({
    model: 'sandbox', tools, messages: [...asked, whole.choices[0].message, { role: 'tool', tool_call_id: call.id, content: '9' }],
  });
  assert.equal(next.choices[0].message.content, 'It is 9 degrees.');
});

test('chat: JSON by a schema', async () => {
  const format = { type: 'json_schema', json_schema: { name: 'verdict', strict: true, schema: verdict } };
  const whole = await client.chat.completions.parse({ model: 'sandbox', messages, response_format: format });
  assert.deepEqual(JSON.parse(whole.choices[0].message.content), fits);
});

test('chat: an image is counted', async () => {
  const content = [{ type: 'text', text: 'hello' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,UE5H' } }];
  const whole = await client.chat.completions.create({ model: 'sandbox', messages: [{ role: 'user', content }] });
  assert.match(whole.choices[0].message.content, /1 image and 0 documents/);
});

test('chat: a refusal, a truncation', async () => {
  const ask = (list) => client.chat.completions.stream({ model: 'sandbox', messages }, { headers: fault(list) }).finalChatCompletion();
  assert.equal((await ask('refusal')).choices[0].message.refusal, 'I cannot help with this.');
  assert.equal((await ask('max_tokens')).choices[0].finish_reason, 'length');
});

test('chat: errors are the classes that the client has', async () => {
  const ask = (list, options = {}) => client.chat.completions.create({ model: 'sandbox', messages, ...options }, { headers: fault(list) });
  await assert.rejects(ask('status=429,retry-after=1'), (e) => e instanceof RateLimitError && e.code === 'rate_limit_exceeded');
  await assert.rejects(ask('none', { model: 'no-such-model' }), (e) => e instanceof NotFoundError && e.code === 'model_not_found');
  const stranger = new OpenAI({ apiKey: 'sk-wrong', baseURL: server.url + '/v1', maxRetries: 0 });
  await assert.rejects(stranger.models.list(), (e) => e instanceof AuthenticationError && e.code === 'invalid_api_key');
  const stream = await ask('error=api_error', { stream: true });
  await assert.rejects(async () => { for await (const _ of stream); }, /server had an error/);
});

test('models', async () => {
  const names = [];
  for await (const m of client.models.list()) names.push(m.id);
  assert.ok(names.includes('sandbox'));
});

test('responses: a document', async () => {
  const whole = await client.responses.create({ model: 'sandbox', input: 'hello', store: false });
  assert.match(whole.output_text, hello);
  assert.equal(whole.status, 'completed');
  assert.equal(whole.usage.input_tokens, 2);
});

test('responses: a stream with reasoning', async () => {
  const stream = client.responses.stream({ model: 'sandbox', input: 'hello', reasoning: { effort: 'low', summary: 'auto' } });
  let text = '', thought = '';
  stream.on('response.output_text.delta', (e) => (text += e.delta));
  stream.on('response.reasoning_summary_text.delta', (e) => (thought += e.delta));
  const whole = await stream.finalResponse();
  assert.match(text, hello);
  assert.equal(whole.output_text, text);
  assert.equal(whole.output[0].summary[0].text, thought);
  assert.ok(whole.usage.output_tokens_details.reasoning_tokens > 0);
});

test('responses: a tool call and its result', async () => {
  const tools = [{ type: 'function', name: weather.name, parameters: weather.schema, strict: true }];
  const asked = [{ role: 'user', content: 'the weather?' }];
  const whole = await client.responses.stream({ model: 'sandbox', input: asked, tools }).finalResponse();
  const call = whole.output.find((item) => item.type === 'function_call');
  assert.deepEqual([call.name, JSON.parse(call.arguments)], ['weather', { city: 'Paris' }]);
  const next = await client.responses.create({
    model: 'sandbox', tools, input: [...asked, ...whole.output, { type: 'function_call_output', call_id: call.call_id, output: '9' }],
  });
  assert.equal(next.output_text, 'It is 9 degrees.');
});

test('responses: JSON by a schema, a truncation, an error in the middle', async () => {
  const format = { type: 'json_schema', name: 'verdict', strict: true, schema: verdict };
  const whole = await client.responses.parse({ model: 'sandbox', input: 'hello', text: { format } });
  assert.deepEqual(JSON.parse(whole.output_text), fits);
  const cut = await client.responses.create({ model: 'sandbox', input: 'hello', max_output_tokens: 16 });
  assert.deepEqual([cut.status, cut.incomplete_details.reason], ['incomplete', 'max_output_tokens']);
  await assert.rejects(
    client.responses.stream({ model: 'sandbox', input: 'hello' }, { headers: fault('error=api_error') }).finalResponse(), /server had an error/,
  );
});
