// The binary under test in a home of its own, with the servers that a test names.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
export const canary = 'sk-canary-0123456789abcdef';

// script is the program of an npm package.
export const script = (name) => join(here, 'node_modules', name, 'dist/index.js');

export class Home {
	constructor(servers) {
		this.dir = mkdtempSync(join(tmpdir(), 'hermes-mcp-'));
		writeFileSync(join(this.dir, 'config.yaml'), JSON.stringify({mcp_servers: servers}));
		writeFileSync(join(this.dir, '.env'), `CANARY_API_KEY=${canary}\n`);
	}

	// run gives the streams and the exit code.
	run(...args) {
		const env = {PATH: process.env.PATH, HOME: this.dir, HERMES_HOME: this.dir, MINIMAX_API_KEY: canary};
		const {stdout, stderr, status} = spawnSync(process.env.HERMES, args, {env, encoding: 'utf8', cwd: this.dir, timeout: 60_000, maxBuffer: 1 << 26});
		return {stdout, stderr, status};
	}

	list(server) {
		const {stdout, stderr, status} = this.run('tool', 'list', '--json', server);
		if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
		return JSON.parse(stdout).tools;
	}

	call(tool, args = {}) {
		const {stdout, stderr, status} = this.run('tool', 'call', '--json', tool, JSON.stringify(args));
		return {...(stdout ? JSON.parse(stdout) : {}), stderr, status};
	}

	close() {
		rmSync(this.dir, {recursive: true, force: true});
	}
}
