// The npm package @google/genai on the Gemini API.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiError, GoogleGenAI } from '@google/genai';
import { fault, fits, hello, key, serve, verdict, weather } from './server.mjs';

let server, client;
const connect = (headers = {}, apiKey = key) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: server.url, headers } });
before(async () => {
  server = await serve('--script', new URL('answers.yml', import.meta.url).pathname);
  client = connect();
});
after(() => server.close());

// read joins a stream: its text, its thoughts, its last chunk.
async function read(stream) {
  const out = { text: '', thoughts: '', calls: [] };
  for await (const chunk of stream) {
    for (const part of chunk.candidates?.[0]?.content?.parts ?? []) out[part.thought ? 'thoughts' : 'text'] += part.text ?? '';
    out.calls.push(...(chunk.functionCalls ?? []));
    out.last = chunk;
  }
  return out;
}

test('a document', async () => {
  const whole = await client.models.generateContent({ model: 'sandbox', contents: 'hello' });
  assert.match(whole.text, hello);
  assert.equal(whole.candidates[0].finishReason, 'STOP');
  assert.equal(whole.usageMetadata.promptTokenCount, 2);
});

test('a stream with thoughts', async () => {
  const config = { thinkingConfig: { includeThoughts: true, thinkingBudget: -1 } };
  const said = await read(await client.models.generateContentStream({ model: 'sandbox', contents: 'hello', config }));
  assert.match(said.text, hello);
  assert.match(said.thoughts, /does not think/);
  assert.equal(said.last.candidates[0].finishReason, 'STOP');
  const u = said.last.usageMetadata;
  assert.ok(u.thoughtsTokenCount > 0);
  assert.equal(u.totalTokenCount, u.promptTokenCount + u.candidatesTokenCount + u.thoughtsTokenCount);
});

test('a tool call and its result', async () => {
  const config = { tools: [{ functionDeclarations: [{ name: weather.name, parametersJsonSchema: weather.schema }] }] };
  const chat = client.chats.create({ model: 'sandbox', config });
  const said = await read(await chat.sendMessageStream({ message: 'the weather?' }));
  assert.deepEqual(said.calls.map((c) => [c.name, c.args]), [['weather', { city: 'Paris' }]]);
  const [{ id, name }] = said.calls;
  const next = await chat.sendMessage({ message: [{ functionResponse: { id, name, response: { result: 9 } } }] });
  assert.equal(next.text, 'It is 9 degrees.');
});

test('JSON by a schema, an image, a limit, a stop sequence', async () => {
  const ask = (config, contents = 'hello') => client.models.generateContent({ model: 'sandbox', contents, config });
  const json = await ask({ responseMimeType: 'application/json', responseJsonSchema: verdict });
  assert.deepEqual(JSON.parse(json.text), fits);
  const image = [{ role: 'user', parts: [{ text: 'hello' }, { inlineData: { mimeType: 'image/png', data: 'UE5H' } }] }];
  assert.match((await ask({}, image)).text, /1 image and 0 documents/);
  assert.equal((await ask({ maxOutputTokens: 5 })).candidates[0].finishReason, 'MAX_TOKENS');
  assert.equal((await ask({ stopSequences: ['\nReceived'] })).text, 'Sandbox answer, no model was asked.');
});

test('a refusal, a blocked prompt', async () => {
  const ask = (list) => connect(fault(list)).models.generateContentStream({ model: 'sandbox', contents: 'hello' });
  assert.equal((await read(await ask('refusal'))).last.candidates[0].finishReason, 'SAFETY');
  assert.equal((await read(await ask('blocked'))).last.promptFeedback.blockReason, 'PROHIBITED_CONTENT');
});

test('errors', async () => {
  const ask = (c, model = 'sandbox') => c.models.generateContent({ model, contents: 'hello' });
  await assert.rejects(ask(connect(fault('status=403'))), (e) => e instanceof ApiError && e.status === 403);
  await assert.rejects(ask(client, 'no-such-model'), (e) => e instanceof ApiError && e.status === 404 && /NOT_FOUND/.test(e.message));
  await assert.rejects(ask(connect({}, 'sk-wrong')), (e) => e.status === 400 && /API_KEY_INVALID/.test(e.message));
  const stream = await connect(fault('error=overloaded_error')).models.generateContentStream({ model: 'sandbox', contents: 'hello' });
  await assert.rejects(read(stream), /UNAVAILABLE/);
});

test('models', async () => {
  const names = [];
  for await (const m of await client.models.list()) names.push(m.name);
  assert.ok(names.includes('models/sandbox'));
});
