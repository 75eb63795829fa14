import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, writeFileSync} from 'node:fs';
import {createConnection} from 'node:net';
import {join} from 'node:path';
import test from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {Home, canary, script} from './hermes.mjs';

const official = '@modelcontextprotocol/server-';
const text = (r) => r.content.filter((p) => p.type === 'text').map((p) => p.text).join('\n');

// everything tries what the reference server has, over whatever it is reached.
function everything(home, name) {
	const tools = home.list(name).map((t) => t.name);
	assert.ok(tools.length >= 12, tools.join());
	for (const asks of ['get-roots-list', 'trigger-sampling-request', 'trigger-elicitation-request']) {
		assert.ok(!tools.includes(asks), `${asks} is listed to a client that offers it`);
	}
	assert.match(text(home.call(`${name}:echo`, {message: 'hi'})), /hi/);
	assert.match(text(home.call(`${name}:get-sum`, {a: 2, b: 40})), /42/);
	const image = home.call(`${name}:get-tiny-image`).content.find((p) => p.type === 'media');
	assert.equal(image.media_type, 'image/png');
	assert.equal(Buffer.from(image.data, 'base64').toString('latin1', 1, 4), 'PNG');
	assert.ok(home.call(`${name}:get-structured-content`, {location: 'New York'}).structured.temperature);
	assert.match(text(home.call(`${name}:trigger-long-running-operation`, {duration: 1, steps: 2})), /completed/);
	const wrong = home.call(`${name}:get-sum`, {a: 'x'});
	assert.equal(wrong.status, 1);
	assert.match(text(wrong), /-32602|[Ii]nvalid/);
}

test('everything over pipes', () => {
	const home = new Home({all: {command: 'node', args: [script(official + 'everything'), 'stdio']}});
	try {
		everything(home, 'all');
		const env = text(home.call('all:get-env'));
		assert.ok(env.includes('"PATH"') && !env.includes(canary) && !env.includes('HERMES_HOME'), env);
	} finally {
		home.close();
	}
});

for (const [transport, port, path] of [['streamableHttp', 28110, '/mcp'], ['sse', 28111, '/sse']]) {
	test(`everything over ${transport}`, async () => {
		const server = spawn('node', [script(official + 'everything'), transport], {env: {...process.env, PORT: `${port}`}, stdio: 'ignore'});
		const home = new Home({all: {url: `http://127.0.0.1:${port}${path}`, transport, headers: {'X-Mine': '1'}}});
		try {
			for (let i = 0; i < 100; i++) {
				const socket = createConnection(port, '127.0.0.1');
				const up = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false);
				socket.destroy();
				if (up) break;
				await sleep(100);
			}
			everything(home, 'all');
		} finally {
			server.kill('SIGKILL');
			home.close();
		}
	});
}

test('filesystem keeps to its folder, and hermes to include', () => {
	const row = {command: 'node', args: [script(official + 'filesystem'), '${workspaceFolder}/files']};
	const home = new Home({fs: row, reads: {...row, tools: {include: ['read_*', 'list_directory']}}});
	try {
		mkdirSync(join(home.dir, 'files'));
		writeFileSync(join(home.dir, 'files', 'a.txt'), 'hello file\n');
		assert.equal(home.list('fs').length, 14);
		const reads = home.list('reads');
		assert.ok(reads.length >= 4 && reads.every((t) => t.read_only && /^(read_|list_directory$)/.test(t.name)));
		assert.equal(text(home.call('reads:read_text_file', {path: join(home.dir, 'files', 'a.txt')})), 'hello file\n');
		assert.equal(home.call('reads:read_text_file', {path: join(home.dir, '.env')}).status, 1);
		const refused = home.call('reads:write_file', {path: join(home.dir, 'files', 'b'), content: 'x'});
		assert.equal(refused.status, 2);
	} finally {
		home.close();
	}
});

test('memory writes where its row says', () => {
	const home = new Home({memory: {command: 'node', args: [script(official + 'memory')], env: {MEMORY_FILE_PATH: '${workspaceFolder}/memory.jsonl'}}});
	try {
		assert.equal(home.list('memory').length, 9);
		assert.equal(home.call('memory:create_entities', {entities: [{name: 'a', entityType: 't', observations: ['o']}]}).status, 0);
		assert.match(text(home.call('memory:read_graph')), /"a"/);
	} finally {
		home.close();
	}
});

test('git, which writes 20 kB of log', () => {
	const home = new Home({git: {command: 'node', args: [script('@cyanheads/git-mcp-server')], env: {MCP_TRANSPORT_TYPE: 'stdio'}}});
	try {
		spawnSync('git', ['init', '-q', home.dir]);
		assert.ok(home.list('git').length > 20);
		assert.equal(home.call('git:git_status', {path: home.dir}).status, 0);
	} finally {
		home.close();
	}
});

test('a program of npm that fails is quoted', () => {
	const home = new Home({none: {command: 'node', args: ['no-such-file.js'], env: {KEY: '${CANARY_API_KEY}'}}});
	try {
		const {stderr, status} = home.run('tool', 'list', 'none');
		assert.equal(status, 69);
		assert.match(stderr, /did not start: exit status 1; it says: .*Cannot find module/);
		assert.ok(!stderr.includes(canary));
	} finally {
		home.close();
	}
});
