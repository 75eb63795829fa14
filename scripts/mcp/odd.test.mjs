import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import test from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {Home, here} from './hermes.mjs';

// Servers that misbehave, written in Python by others; they lie beside the checkout, or where SHARED says.
const tools = join(process.env.SHARED ?? join(here, '../../../shared'), 'tools');
const python = spawnSync('python3', ['--version']).status === 0;
const skip = !python ? 'python3 is not installed' : !existsSync(join(tools, 'oddmcp.py')) && `${tools} has no servers`;

const echoed = [0, /^echo: hi$/m];
const modes = {
	plain: echoed, page: echoed, banner: echoed, noise: echoed, 'mute-unknown': echoed, 'strict-init': echoed, 'slow-init': echoed, old: echoed,
	'stderr-flood': echoed, 'ignore-eof': echoed, 'ignore-term': echoed, grandchild: echoed, crlf: echoed, batch: echoed, dupid: echoed,
	changed: echoed, rugpull: echoed, dup: echoed, schemas: echoed, inject: echoed, names: echoed,
	pageloop: [69, /list of tools without an end/], 'hang-init': [69, /did not start within 3s/], 'die-init': [69, /exit status 3; it says: Error: API_KEY is not set/],
	weirdver: [69, /unsupported protocol version: "1999-01-01"/], pretty: [69, /did not start within 3s/],
	'unknown-content': [0, /before\n\[a part of type "hologram" is not passed on\]/], 'no-content': [0, /^$/], 'null-content': [0, /^$/],
	huge: [1, /the answer is larger than 16 MiB/], mb: [0, /^m{1048576}$/m], wrongid: [69, /did not answer within 3s/],
	cut: [69, /has ended: exit status 0/], 'die-call': [69, /has ended: exit status 7; it says: fatal: out of cheese/],
	elicit: [0, /-32601/], sample: [0, /-32601/], roots: [0, /-32601/], secret: [0, /sk-ant-api03-AAAABBBBCCCCDDDD/],
};

for (const [mode, [code, says]] of Object.entries(modes)) {
	test(`odd: ${mode}`, {skip}, () => {
		const home = new Home({odd: {command: 'python3', args: [join(tools, 'oddmcp.py'), mode], connect_timeout: mode === 'slow-init' ? 30 : 3, timeout: 3}});
		try {
			const {stdout, stderr, status} = home.run('tool', 'call', 'odd:echo', '{"text": "hi"}');
			assert.equal(status, code, stdout.slice(0, 500) + stderr);
			assert.match(code > 1 ? stderr : stdout, says);
		} finally {
			home.close();
		}
	});
}

const paths = {
	json: [0, /pong/], sse: [0, /pong/], late: [0, /pong/], nosess: [0, /pong/], lost: [0, /pong/], get405: [0, /pong/],
	401: [78, /answers 401 Unauthorized/], 403: [78, /answers 403 Forbidden: /], 429: [69, /answers 429 Too Many Requests: slow down/], 500: [69, /answers 500 .*: oops/],
	html: [78, /answers with "text\/html"/], 302: [78, /answers 307 .* to http:\/\/127.0.0.1:28113\/json, which is not followed/],
	hang: [69, /did not start within 8s/], cut: [69, /request terminated without response/], huge: [69, /answers with more than 16 MiB/],
};

test('odd over HTTP', {skip, timeout: 110_000}, async (t) => {
	const server = spawn('python3', [join(tools, 'oddhttp.py'), '28112'], {stdio: 'ignore'});
	try {
		for (let i = 0; i < 100; i++) {
			if (await fetch('http://127.0.0.1:28112/log').then(() => true, () => false)) break;
			await sleep(100);
		}
		for (const [path, [code, says]] of Object.entries(paths)) {
			await t.test(path, () => {
				const home = new Home({odd: {url: `http://127.0.0.1:28112/${path}`, headers: {Authorization: 'Bearer SECRET'}, connect_timeout: 8, timeout: 20}});
				try {
					const {stdout, stderr, status} = home.run('tool', 'call', 'odd:echo');
					assert.equal(status, code, stdout.slice(0, 500) + stderr);
					assert.match(code > 1 ? stderr : stdout, says);
				} finally {
					home.close();
				}
			});
		}
		const log = await (await fetch('http://127.0.0.1:28112/log')).json();
		assert.ok(!log.some((r) => r.port === 28113), 'a redirect was followed');
	} finally {
		server.kill('SIGKILL');
	}
});
