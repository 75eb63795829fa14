// The AI SDK, whose providers check what they read against schemas of their own, on all four APIs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { fault, hello, key, serve, weather } from './server.mjs';

let server;
before(async () => {
  server = await serve('--script', new URL('answers.yml', import.meta.url).pathname);
});
after(() => server.close());

const wires = {
  messages: (headers) => createAnthropic({ apiKey: key, baseURL: server.url + '/v1', headers })('sandbox'),
  'chat completions': (headers) => createOpenAI({ apiKey: key, baseURL: server.url + '/v1', headers }).chat('sandbox'),
  'chat completions, compatible': (headers) =>
    createOpenAICompatible({ name: 'sandbox', apiKey: key, baseURL: server.url + '/v1', headers, includeUsage: true })('sandbox'),
  responses: (headers) => createOpenAI({ apiKey: key, baseURL: server.url + '/v1', headers }).responses('sandbox'),
  gemini: (headers) => createGoogleGenerativeAI({ apiKey: key, baseURL: server.url + '/v1beta', headers })('sandbox'),
};

const quiet = { maxRetries: 0, onError() {} };

for (const [name, model] of Object.entries(wires)) {
  test(name + ': a document and a stream', async () => {
    const whole = await generateText({ model: model(), prompt: 'hello', ...quiet });
    assert.match(whole.text, hello);
    assert.equal(whole.finishReason, 'stop');
    const stream = streamText({ model: model(), prompt: 'hello', ...quiet });
    assert.match(await stream.text, hello);
    assert.equal(await stream.finishReason, 'stop');
    assert.equal((await stream.usage).inputTokens, 2);
  });

  test(name + ': a tool is called, and its result goes back', async () => {
    const asked = [];
    const tools = {
      weather: tool({ inputSchema: jsonSchema(weather.schema), execute: async (input) => (asked.push(input), 9) }),
    };
    const stream = streamText({ model: model(), prompt: 'the weather?', tools, stopWhen: stepCountIs(2), ...quiet });
    assert.equal(await stream.text, 'It is 9 degrees.');
    assert.deepEqual(asked, [{ city: 'Paris' }]);
  });

  test(name + ': a tool that has to be called is called', async () => {
    const tools = { weather: tool({ inputSchema: jsonSchema(weather.schema) }) };
    const whole = await generateText({ model: model(), prompt: 'hello', tools, toolChoice: 'required', ...quiet });
    assert.deepEqual(whole.toolCalls.map((c) => [c.toolName, c.input]), [['weather', { city: 'sandbox' }]]);
  });

  test(name + ': errors', async () => {
    const ask = (list) => generateText({ model: model(fault(list)), prompt: 'hello', maxRetries: 0 });
    await assert.rejects(ask('status=429'), (e) => e.statusCode === 429);
    const stream = streamText({ model: model(fault('max_tokens')), prompt: 'hello', ...quiet });
    assert.equal(await stream.finishReason, 'length');
  });
}
